"""Conversions of fetched files, each in a process of its own: the files are untrusted, and what a
library makes of one must not end, or fill, the process that asked."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from lineage import untrusted
from lineage.problem import Problem
from subtitling.models.errors import Unreachable
from subtitling.runtime import checkpoints, child_process, offline

TOKENIZER, FEATURES = "tokenizer.json", "preprocessor_config.json"
_LARGEST_BYTES = 64 << 30  # of a file that a conversion writes
_CONVERT_S, _UNPACK_S = 4 * 3600, 600
_UNPACK_MEMORY_BYTES = 4 << 30
_MESSAGES = child_process.Messages(
    "the converter", "the files are damaged or malicious, or memory ran out", "use a faster host"
)
_WRONG = (
    *untrusted.FAILURES,
    OSError,
    RuntimeError,
    ImportError,
    EOFError,
)  # of a converter's input


def convert(source: Path, target: Path, precision: str) -> None:
    """Write into the folder `target` what CTranslate2 makes of a Whisper or NLLB of Transformers in
    the folder `source`, with its tokenizer. Raises Problem where that cannot be converted."""
    arguments = {"source": str(source), "target": str(target), "precision": precision}
    _call(_convert, arguments, _CONVERT_S, _LARGEST_BYTES)


def unpack(packed: Path, target: Path, most_bytes: int) -> None:
    """Write to `target` the file that zstd packed. Raises Unreachable where it can't be unpacked,
    or is larger than `most_bytes`."""
    arguments = {"packed": str(packed), "target": str(target)}
    try:
        _call(_unpack, arguments, _UNPACK_S, most_bytes)
    except Problem as problem:
        raise Unreachable(f"{packed.name} cannot be unpacked: {problem}") from problem


def _call(
    function: Callable[..., None], arguments: dict[str, Any], seconds: float, most_bytes: int
) -> None:
    try:
        child_process.call(
            function, arguments, seconds=seconds, max_file_bytes=most_bytes, messages=_MESSAGES
        )
    except RuntimeError as error:  # an error that the library gives no class of its own
        raise Problem(f"{error}; {_MESSAGES.crashed}") from error


def versions() -> str:
    """The libraries that convert, with their versions."""
    return ", ".join(f"{name} {metadata.version(name)}" for name in ("ctranslate2", "transformers"))


def _unpack(packed: str, target: str, progress: object) -> None:  # noqa: ARG001
    import resource

    from fxtranslate import discovery

    # The library unpacks in memory: a few bytes may stand for many.
    resource.setrlimit(resource.RLIMIT_AS, (_UNPACK_MEMORY_BYTES, _UNPACK_MEMORY_BYTES))
    try:
        Path(target).write_bytes(discovery.verify_and_decompress(Path(packed).read_bytes()))
    except (ValueError, MemoryError) as error:
        raise Problem(str(error) or "it takes too much memory") from error
    except OSError as error:
        raise Problem(f"{error.strerror}") from error


def _convert(source: str, target: str, precision: str, progress: object) -> None:  # noqa: ARG001
    offline.enforce()
    os.environ["TRANSFORMERS_VERBOSITY"] = "error"
    from ctranslate2.converters import TransformersConverter

    class Checked(TransformersConverter):  # type: ignore[misc]
        def load_model(self, model_class: Any, path: str, **settings: Any) -> Any:
            model, loading = model_class.from_pretrained(
                path, output_loading_info=True, local_files_only=True, **settings
            )
            if lost := checkpoints.without_weights(model, loading["missing_keys"]):
                # The library would fill them with random numbers.
                raise Problem(f"it has no weights for {', '.join(lost[:3])}")
            return model

    try:
        Checked(source).convert(target, quantization=precision)
        _add_tokenizer(Path(source), Path(target))
    except _WRONG as error:
        raise Problem(f"cannot be converted: {type(error).__name__}: {error!s:.300}") from error


def _add_tokenizer(source: Path, target: Path) -> None:
    """Put the files beside the weights that the engines read: the tokenizer, and of Whisper the
    form of its spectra and the numbers of its languages, which older models do not state."""
    from transformers import (
        AutoConfig,
        AutoFeatureExtractor,
        AutoTokenizer,
        WhisperFeatureExtractor,
    )

    tokenizer = AutoTokenizer.from_pretrained(source, use_fast=True, local_files_only=True)
    tokenizer.backend_tokenizer.save(str(target / TOKENIZER))
    config = AutoConfig.from_pretrained(source, local_files_only=True)
    if config.model_type != "whisper":
        return
    if (source / FEATURES).is_file():
        features = AutoFeatureExtractor.from_pretrained(source, local_files_only=True)
    else:
        features = WhisperFeatureExtractor(feature_size=config.num_mel_bins)
    features.save_pretrained(target)
    made = json.loads((target / "config.json").read_text("utf-8"))
    made["lang_ids"] = _languages(tokenizer.get_vocab())
    if heads := _alignment_heads(source):
        made["alignment_heads"] = heads
    (target / "config.json").write_text(json.dumps(made, indent=2), "utf-8")


def _alignment_heads(source: Path) -> list[list[int]] | None:
    """The heads that attend to what is said, of the model that this one was trained on from, where
    it does not state its own; None where none are known."""
    from ctranslate2.converters import transformers

    for name in ("generation_config.json", "config.json"):
        text = (source / name).read_bytes() if (source / name).is_file() else b"{}"
        settings = untrusted.json_value(text)
        if settings.get("alignment_heads"):
            return None  # the converter takes them
        known = transformers._WHISPER_ALIGNMENT_HEADS.get(str(settings.get("_name_or_path")))
        if known:
            return [list(pair) for pair in known]
    return None


def _languages(vocabulary: Mapping[str, int]) -> list[int]:
    """The numbers of the tokens that stand for Whisper's languages, as <|hi|>."""
    from transformers.models.whisper.tokenization_whisper import LANGUAGES

    return sorted(vocabulary[f"<|{code}|>"] for code in LANGUAGES if f"<|{code}|>" in vocabulary)
