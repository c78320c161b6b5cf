"""Write the film's page: results, inputs, models, quality and problems."""

import json
from datetime import UTC, datetime
from pathlib import Path

import lineage
from lineage.commands.verify import verify
from lineage.record import Job, Reader
from subtitling import documents
from subtitling.media import preview, waveform
from subtitling.media.preview import PreviewOptions
from subtitling.page import access, film_figures, film_troubles, gather, page_data, page_html

with lineage.stage(snakemake) as io:
    folder = io.folder.parent
    checked_at = datetime.now(UTC).isoformat(timespec="seconds")
    reader = Reader(Job.read(folder))  # of the film's tracks, which are read once
    checked = verify(folder, reader=reader)
    film = gather.read(reader.job, checked, checked_at, [io.manifest.stage], reader=reader)
    io.media_ms(film.media.duration_ms)
    small = Path(io.input.sound) if io.input.get("sound") else None
    heard, sound = preview.in_page(small, PreviewOptions(**io.params.preview))
    data = page_data.data(film, waveform.peaks(io.input.audio), waveform.PER_SECOND, heard)
    gaps = access.gaps_of(film, io.params.ad_gap_ms)
    sheet = access.sheet(film, gaps)
    made = page_html.pages(film, data, sound, sheet, Path(io.params.layout["folder"]))
    for name, text in made.items():
        documents.save_text(text, io.output[name])
    documents.save_text(json.dumps(sheet, indent=1, ensure_ascii=False) + "\n", io.output.access)
    documents.save_text(access.gaps_csv(gaps), io.output.ad_gaps)
    summary = film_figures.figures(film)
    documents.save_text(json.dumps(summary, indent=1, ensure_ascii=False) + "\n", io.output.summary)
    io.unrepeatable("the page tells when the stages ran and when the record was checked")
    for finding in film.checked.findings:
        io.log.warning("%s %s: %s", finding.kind, finding.path, finding.text)
    io.note(**summary)
    size = len(made["film"].encode()) / 1e6
    io.log.info("%.1f MB: %s", size, page_html.verdict(film, film_troubles.troubles(film))["word"])
