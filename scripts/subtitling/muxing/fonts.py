"""Look up the host's fonts that ASS tracks name, by fontconfig."""

import re
import shutil
import subprocess
from pathlib import Path

from lineage.problem import Problem
from subtitling.subtitles.formats import ass, subtitle_files

_ANSWER_S = 60


def wanted(track: Path) -> list[str]:
    """The fonts named by those styles of an ASS file that its cues use."""
    import pysubs2

    styles = pysubs2.load(str(track)).styles
    used = dict.fromkeys(map(ass.style_of, subtitle_files.read(track).cues))
    return list(dict.fromkeys(styles[name].fontname for name in used if name in styles))


def pattern(family: str, language: str) -> str:
    """The fontconfig pattern of a font; special characters in its name are escaped (fontconfig's
    user manual, "Font Names")."""
    escaped = re.sub(r"([\\:,=-])", r"\\\1", family)
    return f"{escaped}:lang={language}"


def matched(answer: str, family: str) -> Path | None:
    """The font file in fontconfig's answer (a line with the file, then one with the family's names,
    separated by commas) if it is of the family asked for. For a family that the host does not have,
    fontconfig names the nearest."""
    file, _, names = answer.partition("\n")
    known = {name.strip().casefold() for name in names.split(",")}
    return Path(file) if family.casefold() in known else None


def find(family: str, language: str) -> Path | None:
    """The host's file of a font, None if it has none. Raises Problem if fontconfig is not
    installed."""
    program = shutil.which("fc-match")
    if program is None:
        raise Problem(
            "mux.find_fonts needs fontconfig's fc-match, which is not on the PATH; install "
            "fontconfig, or name the font files in mux.fonts"
        )
    done = subprocess.run(
        [program, "--format=%{file}\n%{family}", "--", pattern(family, language)],
        capture_output=True, text=True, check=False, timeout=_ANSWER_S,
    )  # fmt: skip
    return matched(done.stdout, family) if done.returncode == 0 else None
