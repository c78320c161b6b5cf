"""Identify the film: from a sidecar beside it, or from TMDB by number, or by title and year."""

from pathlib import Path

import lineage
from subtitling import documents
from subtitling.film import sidecars, tmdb
from subtitling.film.tmdb import TmdbOptions

with lineage.stage(snakemake) as io:
    options = TmdbOptions(**io.params.options)
    row = documents.FilmData(**io.params.film)
    sidecar = dict(io.input.items()).get("sidecar")
    from_sidecar = sidecars.read(sidecar) if sidecar else documents.FilmData()
    film = sidecars.merged(from_sidecar, row)
    if not from_sidecar.title:
        client = tmdb.Client(tmdb.access(), Path(options.cache), tmdb.PATIENCE, ask=options.ask)
        try:
            from_tmdb, warnings = tmdb.look_up(client, row.title, row.year, film.tmdb_id, options)
            film = sidecars.merged(from_sidecar, from_tmdb)
            for warning in warnings:
                io.log.warning("%s", warning)
        except tmdb.Unavailable as reason:
            io.skip(str(reason))
        except lineage.Problem as problem:
            raise lineage.Problem(f"job {io.job}: {problem}") from None
        finally:
            for call in client.calls:
                io.call(call.host, call.path, call.status, call.sha256)
            io.note(replayed=client.replayed)
    io.log.info("%s, %s; from %s", film.title or "no title", film.year or "no year", film.source)
    io.note(source=film.source, cast=len(film.cast), titles=len(film.titles))
    documents.save(film, io.output.film)
