"""Files of a model that can run code when they are loaded: programs, and pickles."""

import pickletools
import re
import zipfile
from collections.abc import Iterable
from pathlib import Path, PurePath

CODE, PICKLE = "code", "pickle"
OPTIONS = {CODE: "--allow-code", PICKLE: "--allow-pickles"}  # that allow each
_CODE = frozenset(
    [".py", ".pyc", ".pyw", ".ipynb", ".so", ".dll", ".dylib", ".exe", ".com", ".sh", ".bash",
     ".bat", ".cmd", ".ps1", ".js", ".mjs", ".pl", ".rb", ".jar", ".class", ".lua", ".php", ".msi"]
)  # fmt: skip
_PICKLES = frozenset(
    [".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".joblib", ".nemo", ".mar", ".th", ".ts", ".t7"]
)
# Files of Transformers and of its training that torch.save wrote.
_PICKLED = re.compile(
    r"(pytorch_model|training_args|optimizer|scheduler|adapter_model|rng_state)[\w.-]*\.(bin|pth?)"
)
_PROGRAMS = (b"#!", b"\x7fELF", b"MZ", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe")
_TAR_AT = 257  # where the mark of an archive of tar is
_HEAD_BYTES, _LEAST_STEPS = 4096, 3  # of a pickle


def by_name(names: Iterable[str]) -> dict[str, str]:
    """The names of files that can run code: CODE or PICKLE by each."""
    risky = {}
    for name in names:
        path = PurePath(name)
        endings = {ending.casefold() for ending in path.suffixes[-1:]}
        if endings & _CODE:
            risky[name] = CODE
        elif endings & _PICKLES or _PICKLED.fullmatch(path.name):
            risky[name] = PICKLE
    return risky


def by_content(folder: Path, names: Iterable[str]) -> dict[str, str]:
    """The same by what the files hold, whatever their names say."""
    risky = by_name(names)
    for name in names:
        path = folder / name
        if name not in risky and (kind := _kind(path)):
            risky[name] = kind
    return risky


def _kind(path: Path) -> str | None:
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    if head.startswith(_PROGRAMS):
        return CODE
    if zipfile.is_zipfile(path):
        return _of_archive(path)
    if head[_TAR_AT:].startswith(b"ustar"):
        return PICKLE  # as NeMo packs its checkpoints
    return PICKLE if _is_pickle(head) else None


def _of_archive(path: Path) -> str | None:
    """As torch.save writes them; one that cannot be read is taken for one with pickles."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return PICKLE
    risky = by_name(names)
    return CODE if CODE in risky.values() else PICKLE if risky else None


def _is_pickle(head: bytes) -> bool:
    """Whether bytes begin as a pickle of protocol 2 or later: its mark, then its steps."""
    if len(head) < 2 or head[0] != 0x80 or not 2 <= head[1] <= 5:
        return False
    steps = 0
    try:
        for _ in pickletools.genops(head):
            steps += 1
            if steps >= _LEAST_STEPS:
                return True
    except (ValueError, IndexError, UnicodeDecodeError, OverflowError):
        pass
    return False
