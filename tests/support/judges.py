"""What independent readers make of delivery files: run by the interpreter of `.venv-formats`.

`python judges.py FILE...` prints for each file, by its name, the cues as each judge reads them:
(begin in seconds, end, lines, what is italic of them, alignment and top of the region), and
their complaints.
"""

import json
import logging
import sys
import xml.etree.ElementTree as ET
from fractions import Fraction
from pathlib import Path
from typing import Any


class Complaints(logging.Handler):
    """What a judge logs from a warning on."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


def by_ttconv(path: Path) -> dict[str, Any]:
    """Timed text, STL and SCC, with the document's language."""
    import ttconv.imsc.reader
    import ttconv.scc.reader
    import ttconv.stl.config
    import ttconv.stl.reader
    from ttconv import model
    from ttconv import style_properties as styles

    if path.suffix == ".stl":
        with path.open("rb") as file:
            settings = ttconv.stl.config.STLReaderConfiguration(program_start_tc="TCP")
            document = ttconv.stl.reader.to_model(file, settings)
    elif path.suffix == ".scc":
        document = ttconv.scc.reader.to_model(path.read_text("utf-8"))
    else:
        document = ttconv.imsc.reader.to_model(ET.parse(path))
    first = styles.StyleProperties

    def of(element: Any, italic: bool, lines: list[str], slanted: list[str]) -> None:
        style = element.get_style(first.FontStyle)
        italic = style is styles.FontStyleType.italic if style else italic
        for child in element:
            if isinstance(child, model.Br):
                lines.append("")
            elif isinstance(child, model.Text):
                lines[-1] += child.get_text()
                slanted.append(child.get_text() if italic else "")
            else:
                of(child, italic, lines, slanted)

    cues = []
    for paragraph in document.get_body().dfs_iterator():
        if isinstance(paragraph, model.P):
            lines, slanted = [""], [""]
            of(paragraph, False, lines, slanted)
            region = paragraph.get_region()
            align = region.get_style(first.DisplayAlign).name if region is not None else None
            top = region.get_style(first.Origin).y.value if region is not None else None
            begin, end = paragraph.get_begin(), paragraph.get_end()
            times = [float(begin or 0), float(end) if end else None]
            cues.append([*times, lines, "".join(slanted), align, top])
    return {"language": document.get_lang(), "cues": cues}


def by_pycaption(path: Path) -> dict[str, Any]:
    """SCC, and timed text as DFXP."""
    import warnings

    import pycaption

    warnings.simplefilter("ignore")  # it reads timed text as HTML
    reader = pycaption.SCCReader() if path.suffix == ".scc" else pycaption.DFXPReader()
    read = reader.read(path.read_text("utf-8"))
    language = read.get_languages()[0]
    cues = [
        [caption.start / 1e6, caption.end / 1e6, caption.get_text().split("\n")]
        for caption in read.get_captions(language)
    ]
    return {"language": language, "cues": cues}


def by_imschrm(path: Path) -> list[str]:
    """What breaks the hypothetical render model, which tells whether a decoder can keep up."""
    from imschrm import doc_sequence, hrm

    class Handler(hrm.EventHandler):
        def __init__(self) -> None:
            self.lines: list[str] = []

        def _add(self, level: str, *said: Any) -> None:
            self.lines.append(f"{level}: {said[0]} at {float(Fraction(said[2])):.3f} s")

        def error(self, *said: Any) -> None:  # type: ignore[override]
            self._add("error", *said)

        def warn(self, *said: Any) -> None:  # type: ignore[override]
            self._add("warning", *said)

        def info(self, *said: Any) -> None:  # type: ignore[override]
            pass

        def debug(self, *said: Any) -> None:  # type: ignore[override]
            pass

    handler = Handler()
    documents = [(0, None, path.read_text("utf-8"))]
    hrm.validate(doc_sequence.iter_isd(documents), handler)
    return handler.lines


def main() -> None:
    complaints = Complaints()
    logging.getLogger().addHandler(complaints)
    said: dict[str, Any] = {}
    for path in map(Path, sys.argv[1:]):
        row: dict[str, Any] = {"ttconv": by_ttconv(path)}
        if path.suffix == ".scc" or path.name.endswith(".ttml"):
            row["pycaption"] = by_pycaption(path)
        if path.name.endswith(".imsc.ttml"):
            row["imschrm"] = by_imschrm(path)
        row["complaints"], complaints.lines = complaints.lines, []
        said[path.name] = row
    json.dump(said, sys.stdout)


if __name__ == "__main__":
    main()
