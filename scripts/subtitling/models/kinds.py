"""What kind of model an offer is: the files that are needed of it, and the keys that use it.

To add a kind, write a function that returns a `Kind` for an offer of it, or None, and put it into
`_KINDS`.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from lineage.problem import Problem
from subtitling.models import risks
from subtitling.models.converting import FEATURES, TOKENIZER
from subtitling.models.offers.offer import CONFIG, Offer

NAME = "NAME"
# What Transformers' models have beside their weights.
_TEXTS = (
    CONFIG, "generation_config.json", FEATURES, TOKENIZER, "tokenizer_config.json",
    "special_tokens_map.json", "added_tokens.json", "vocab.json", "merges.txt", "normalizer.json",
    "processor_config.json", "sentencepiece.bpe.model",
)  # fmt: skip
_WHOLE = ("model.safetensors", "pytorch_model.bin")  # weights in one file, the safe form first
_PARTS = (
    ("model.safetensors.index.json", re.compile(r"model-\d+-of-\d+\.safetensors")),
    ("pytorch_model.bin.index.json", re.compile(r"pytorch_model-\d+-of-\d+\.bin")),
)
_CT2 = "model.bin"
_WORDS = ("vocabulary.json", "vocabulary.txt")
_SHARED = ("shared_vocabulary.json", "shared_vocabulary.txt")
# The names that are asked for where a server has no list of its files.
COMMON_FILES = (*_TEXTS, *_WHOLE, *(index for index, _ in _PARTS), _CT2, *_WORDS, *_SHARED)
_NLLB_KEYS = {"nllb.model": NAME, "translation.engines": {"hi-fr": "nllb"}}
_ASSETS = "assets/"  # where IndicConformer's export has its files
_FAMILY = re.compile("indic-en|en-indic|indic-indic")


@dataclass(frozen=True)
class Kind:
    """A kind of model. `files` are those that are needed; `keys` maps keys of the configuration to
    the values that use the model, where NAME stands for its name, and a pair with Hindi for those
    of a translator with many. `is_converted` is whether CTranslate2's converter makes the files
    that an engine reads."""

    title: str
    files: tuple[str, ...]
    keys: Mapping[str, Any] = field(default_factory=dict)
    is_converted: bool = False


def recognise(offer: Offer) -> Kind:
    """The kind of an offer; one that no key is known for has all of its files. Raises Problem where
    it lacks a file that its kind needs."""
    for kind in _KINDS:
        if known := kind(offer):
            return known
    return Kind("a model of a kind that is not known here", tuple(offer.files))


def _firefox(offer: Offer) -> Kind | None:
    if offer.pair is None:
        return None
    pair = "-".join(offer.pair)
    keys = {"firefox.models": {pair: NAME}, "translation.engines": {pair: "firefox"}}
    return Kind("a translator of Firefox", tuple(offer.files), keys)


def _ready_whisper(offer: Offer) -> Kind | None:
    if _CT2 not in offer.files or not {"lang_ids", "alignment_heads"} & offer.config.keys():
        return None
    words = _first(offer, _WORDS)
    needed = _needed(offer, "a Whisper for CTranslate2", CONFIG, _CT2, TOKENIZER, words)
    files = (*needed, *_present(offer, [FEATURES]))
    return Kind("a Whisper for CTranslate2", files, {"asr.model": NAME})


def _ready_nllb(offer: Offer) -> Kind | None:
    if _CT2 not in offer.files or not any(name in offer.files for name in _SHARED):
        return None
    words = _first(offer, _SHARED)
    needed = _needed(offer, "an NLLB for CTranslate2", CONFIG, _CT2, TOKENIZER, words)
    return Kind("an NLLB for CTranslate2", needed, _NLLB_KEYS)


def _whisper(offer: Offer) -> Kind | None:
    if offer.config.get("model_type") != "whisper":
        return None
    files = (*_weights(offer), *_present(offer, _TEXTS))
    return Kind("a Whisper of Transformers", files, {"asr.model": NAME}, is_converted=True)


def _nllb(offer: Offer) -> Kind | None:
    if offer.config.get("model_type") != "m2m_100":
        return None
    files = (*_weights(offer), *_present(offer, _TEXTS))
    return Kind("an NLLB of Transformers", files, _NLLB_KEYS, is_converted=True)


def _indictrans2(offer: Offer) -> Kind | None:
    kind = str(offer.config.get("model_type", "")).casefold()
    if "indictrans" not in kind and "indictrans2" not in offer.name:
        return None
    vocabularies = re.compile(r"(dict\.(SRC|TGT)\.json|model\.(SRC|TGT)|\w+\.py)")
    own = [name for name in offer.files if vocabularies.fullmatch(name)]
    files = (*_weights(offer), *_present(offer, _TEXTS), *own)
    family = _family(offer)
    if family is None:
        return Kind("an IndicTrans2, of a family that its name does not say", files)
    pair = family.replace("indic-indic", "hi-ta").replace("indic", "hi")
    keys = {
        f"indictrans2.{family.replace('-', '_')}": NAME,
        "translation.engines": {pair: "indictrans2"},
    }
    return Kind(f"an IndicTrans2, {family}", files, keys)


def _family(offer: Offer) -> str | None:
    """The family by the model's name, else by the vocabularies: English has a quarter of the
    others' size."""
    if named := _FAMILY.search(offer.name):
        return named[0]
    source, target = (offer.config.get(f"{side}_vocab_size") for side in ("encoder", "decoder"))
    if not isinstance(source, int) or not isinstance(target, int):
        return None
    if source > 2 * target:
        return "indic-en"
    return "en-indic" if target > 2 * source else "indic-indic"


def _indic_conformer(offer: Offer) -> Kind | None:
    if f"{_ASSETS}ctc_decoder.onnx" not in offer.files:
        return None
    needed = [f"{_ASSETS}{n}" for n in ("encoder.onnx", "vocab.json", "language_masks.json")]
    _needed(offer, "an IndicConformer", *needed)
    # Beside the graphs lie their weights, under any names; the preprocessor is not run.
    files = [name for name in offer.files if name.startswith(_ASSETS)]
    files = [name for name in files if name not in risks.by_name(files)]
    return Kind("an IndicConformer", tuple(files), {"asr.engine": "auto"})


def _aligner(offer: Offer) -> Kind | None:
    shapes = offer.config.get("architectures")
    if offer.config.get("model_type") != "wav2vec2" or shapes != ["Wav2Vec2ForCTC"]:
        return None
    files = (*_weights(offer), *_present(offer, _TEXTS))
    keys = {"alignment.models": {offer.languages[0]: NAME}} if len(offer.languages) == 1 else {}
    return Kind("a wav2vec2 aligner", files, keys)


def _weights(offer: Offer) -> tuple[str, ...]:
    """The files of the weights: safetensors before pickles, whole before in parts."""
    for whole, (index, part) in zip(_WHOLE, _PARTS, strict=True):
        if whole in offer.files:
            return (whole,)
        parts = [name for name in offer.files if part.fullmatch(name)]
        if index in offer.files and parts:
            return (index, *sorted(parts))
    raise Problem(f"{offer.label}: it has no weights for PyTorch, as {' or '.join(_WHOLE)}")


def _present(offer: Offer, names: Iterable[str]) -> tuple[str, ...]:
    return tuple(name for name in names if name in offer.files)


def _first(offer: Offer, names: tuple[str, ...]) -> str:
    return next(iter(_present(offer, names)), names[0])


def _needed(offer: Offer, title: str, *names: str) -> tuple[str, ...]:
    lacking = [name for name in names if name not in offer.files]
    if lacking:
        raise Problem(
            f"{offer.label}: it is {title}, but has no {' and no '.join(lacking)}; take another "
            "repository, or put the file beside the others in a folder and add that"
        )
    return names


_KINDS: tuple[Callable[[Offer], Kind | None], ...] = (
    _firefox, _ready_whisper, _ready_nllb, _indictrans2, _whisper, _nllb, _indic_conformer,
    _aligner,
)  # fmt: skip
