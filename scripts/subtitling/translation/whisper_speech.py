"""Whisper as a translator: it hears the sound, and writes English."""

from collections.abc import Mapping, Sequence
from typing import Any

from subtitling.options import selected
from subtitling.recognition import whisper
from subtitling.recognition.hallucinations import HallucinationOptions
from subtitling.recognition.recogniser import RecognitionOptions
from subtitling.runtime.memory_ladder import Degrade
from subtitling.text.languages import english_name, primary
from subtitling.text.sentences import Sentence
from subtitling.translation import translator
from subtitling.translation.engine import Config, EngineSpec, TranslationOptions, Work

ENGLISH = "en"


def _unable(_config: Config, source: str, target: str) -> str:
    if primary(target) != ENGLISH:
        return f"Whisper translates into English only, not into {target}"
    if source != "auto" and whisper.code_of(source) not in whisper.LANGUAGES:
        return f"Whisper does not know {english_name(source)}"
    return ""


def _settings(config: Config) -> dict[str, Any]:
    return {
        "asr": selected(RecognitionOptions, config["asr"]),
        "hallucinations": selected(HallucinationOptions, config["hallucinations"]),
    }


def _model(config: Config, _source: str, _target: str) -> str:
    return whisper.translator(config["whisper"]["model"] or config["asr"]["model"])


def _passages(
    settings: Mapping[str, Any], _options: TranslationOptions, sentences: Sequence[Sentence]
) -> list[Sequence[Sentence]]:
    """The passages, which it translates in context."""
    longest_ms = translator.longest_passage_ms(RecognitionOptions(**settings["asr"]).chunk_ms)
    return [*translator.apart(translator.passages(sentences, longest_ms))]


def recogniser(work: Work, degrade: Degrade) -> whisper.Whisper:
    """The loaded model; `degrade` is called with each setting that it has to reduce."""
    options = RecognitionOptions(**work.settings["asr"])
    return whisper.Whisper(work.model_folder, work.device, work.threads, options, degrade)


SPEC = EngineSpec(
    name="whisper",
    open=None,
    needs="",
    unable=_unable,
    serves=lambda _source, _target: False,  # it is there already, for all that it can do
    settings=_settings,
    model=_model,
    units=_passages,
)
