"""Phonemes by espeak-ng, for over a hundred languages."""

import ctypes
import os
import re
from functools import cache
from typing import Any

from subtitling.text.languages import unspaced

_UTF8, _IPA = 1, 2
_NO_SOUND, _NO_EXIT = 2, 0x8000  # AUDIO_OUTPUT_SYNCHRONOUS; a library must not end our process
_OTHER_NAMES = {"en": "en-us", "zh": "cmn", "no": "nb"}
_SWITCH = re.compile(r"\([a-z-]+\)")  # marks a word in another language


@cache
def library() -> Any:
    """The library that the package `espeakng-loader` carries, ready for use."""
    import espeakng_loader

    espeak = ctypes.CDLL(espeakng_loader.get_library_path())
    espeak.espeak_TextToPhonemes.restype = ctypes.c_char_p
    espeak.espeak_TextToPhonemes.argtypes = [
        ctypes.POINTER(ctypes.c_char_p), ctypes.c_int, ctypes.c_int,
    ]  # fmt: skip
    data = os.fsencode(espeakng_loader.get_data_path())
    if espeak.espeak_Initialize(_NO_SOUND, 0, data, _NO_EXIT) < 0:
        raise RuntimeError(f"espeak-ng finds no data in {os.fsdecode(data)}")
    return espeak


@cache
def voice(language: str) -> str | None:
    """The name of a language's voice; None where there is none, or words do not stand apart."""
    name = _OTHER_NAMES.get(language, language)
    if unspaced(language) or library().espeak_SetVoiceByName(name.encode()):
        return None
    return name


@cache
def phonemes(text: str, language_voice: str) -> str:
    """A voice's pronunciation of a text, in IPA with stress and length."""
    espeak = library()
    if espeak.espeak_SetVoiceByName(language_voice.encode()):
        raise ValueError(f"espeak-ng has no voice {language_voice}")
    left = ctypes.c_char_p(text.replace("\0", "").encode())
    said = []
    while left.value:  # a clause at a time
        said.append((espeak.espeak_TextToPhonemes(ctypes.byref(left), _UTF8, _IPA) or b"").decode())
    return _SWITCH.sub("", " ".join(said))
