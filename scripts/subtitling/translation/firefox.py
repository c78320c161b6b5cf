"""Firefox's own translation models, run by fxtranslate in this process, on the CPU."""

from collections.abc import Collection, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from lineage.problem import Problem
from subtitling.text import languages
from subtitling.text.languages import broader
from subtitling.text.sentences import pieces
from subtitling.translation.batches import Reduced
from subtitling.translation.engine import Config, EngineSpec

PLACEHOLDER = "Zq{}"  # bench/placeholders.py compares what these models keep
_LONGEST = 400  # characters; the models learnt single sentences and lose words of longer texts


def model_of(models: Mapping[str, str], source: str, target: str) -> str:
    """The name in `models` (`firefox.models` of the configuration) of the model for a pair.

    For `auto`, whose language is not known yet, the only one into that target. Problem where there
    is none.
    """
    fitting = _models_of(models, source, target)
    if len(fitting) != 1:
        raise Problem(
            f"firefox.models names {len(fitting)} models for {source}-{target}, it has "
            f"{', '.join(models) or 'nothing'}. `sutradhar models add firefox:SOURCE-TARGET` adds "
            "one; or choose another engine in translation.engines"
        )
    return fitting.pop()


class Firefox:
    """A model in `folder`, verified by its checksums: files as Firefox names them, `model.*.bin`,
    `vocab.*.spm` or `srcvocab.*.spm` and `trgvocab.*.spm`, and optionally `lex.*.bin`.

    Raises Problem where one is missing, or where their names are of another pair of languages. The
    model is loaded for the first sentence.
    """

    placeholder = PLACEHOLDER
    by_length = True
    reads_terms = False
    precision = "int8"

    def __init__(self, folder: Path, source: str, target: str):
        self.pair = source, target
        model, pair = _file(folder, "model.*.bin"), f"{source}{target}"
        if model is None or not _is_of(model, source, target):
            raise Problem(
                f"{folder}: not a Firefox model from {source} to {target} (model.{pair}.*.bin); "
                "correct firefox.models, or name the film's source_language"
            )
        source_words, target_words = (
            _file(folder, f"{which}vocab.*.spm") or _file(folder, "vocab.*.spm")
            for which in ("src", "trg")
        )
        if source_words is None or target_words is None:
            raise Problem(f"{folder}: a Firefox model without vocab.{pair}.spm")
        self._files = model, source_words, target_words, _file(folder, "lex.*.bin")

    @cached_property
    def _translator(self) -> Any:
        import fxtranslate

        model, source_words, target_words, shortlist = self._files
        return fxtranslate.Translator(
            model.read_bytes(),
            source_words.read_bytes(),
            target_words.read_bytes(),
            shortlist.read_bytes() if shortlist else None,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        vars(self).pop("_translator", None)

    def translate(self, texts: Mapping[str, str], *, carefully: bool) -> Mapping[str, str]:  # noqa: ARG002
        """See `batches.Engine`; there is only one way of decoding."""
        return {
            i: " ".join(self._translator.translate(part) for part in pieces(text, _LONGEST, len))
            for i, text in texts.items()
        }

    def reduce(self) -> Reduced | None:
        """See `batches.Engine`: it is as small as it can be."""
        return None


def _is_of(model: Path, source: str, target: str) -> bool:
    """Whether a model's name is of a pair or of broader tags: `model.enpt.bin` of en and pt-BR,
    `model.enzh_hant.bin` of en and zh-Hant."""
    named = {part.replace("_", "") for part in model.name.casefold().split(".")}
    pairs = (f"{s}{t}" for s in broader(source) for t in broader(target))
    return any(pair.replace("-", "").casefold() in named for pair in pairs)


def _file(folder: Path, pattern: str) -> Path | None:
    return next(iter(sorted(folder.glob(pattern))), None)


def _unable(config: Config, source: str, target: str) -> str:
    models = config["firefox"]["models"]
    if source == "auto" or _models_of(models, source, target):
        return ""
    return (
        f"firefox.models has no model for {source}-{target}, it has "
        f"{', '.join(models) or 'nothing'}; write a row into it, as {source}-{target}: "
        f"firefox-{source}-{target} where `sutradhar models list` has that; if not, and Mozilla "
        f"has one, `sutradhar models add firefox:{source}-{target}` adds it"
    )


def _models_of(models: Mapping[str, str], source: str, target: str) -> set[str]:
    """The models for a pair; of a tag without one, those of the next broader tag that has any."""
    for tag in broader(target):
        pairs = [f"{spoken}-{tag}" for spoken in broader(source)]
        if source == "auto":
            pairs = [pair for pair in models if pair.endswith(f"-{tag}")]
        if some := {models[pair] for pair in pairs if pair in models}:
            return some
    return set()


def _model(config: Config, source: str, target: str) -> str:
    return model_of(config["firefox"]["models"], source, target)


def _model_back(
    config: Config, _source: str, _target: str, forth: str | None, _listed: Collection[str]
) -> str | None:
    """The model back, by the pair of the model, since the film's language may not be known yet."""
    models: dict[str, str] = config["firefox"]["models"]
    source, target = languages.pair(next(pair for pair, name in models.items() if name == forth))
    return models.get(f"{target}-{source}")


SPEC = EngineSpec(
    name="firefox",
    open=lambda work, _context, _log: Firefox(work.model_folder, work.source, work.target),
    needs="firefox (if Mozilla has the pair)",
    unable=_unable,
    serves=lambda source, target: "en" in map(languages.primary, (source, target)),
    model=_model,
    model_back=_model_back,
    threads=1,
    uses_gpu=False,
    unrepeatable=lambda _device: [],
)
