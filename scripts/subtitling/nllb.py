"""NLLB-200 on CTranslate2: two hundred languages, any to any, in this process.

A model is a folder as `ct2-transformers-converter --copy_files tokenizer.json` makes it.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from lineage import Problem
from subtitling import devices
from subtitling.batches import Reduced
from subtitling.languages import flores
from subtitling.sentences import pieces
from subtitling.worker import NoMemory

PLACEHOLDER = "Zq{}"
_END = "</s>"
_LADDER = (("cuda", "float16"), ("cuda", "int8_float16"), ("cpu", "float32"), ("cpu", "int8"))
_AUTO = {"cpu": "int8", "cuda": "float16"}


class Nllb:
    """A model in `folder`, which must have been verified by its sums. `aim` it at a pair of
    languages before it translates."""

    placeholder = PLACEHOLDER
    by_length = True
    reads_terms = False

    def __init__(
        self,
        folder: Path,
        *,
        device: str,
        threads: int,
        beam_size: int,
        max_tokens: int,
        precision: str,
    ):
        from tokenizers import Tokenizer

        step = (device, _AUTO[device] if precision == "auto" else precision)
        if step not in _LADDER:
            raise Problem(f"nllb.precision: no {step[1]} on {device}")
        self._left = list(_LADDER[_LADDER.index(step) :])
        self._folder, self._threads = folder, threads
        self._beam_size, self._max_tokens = beam_size, max_tokens
        self.pair = self._source, self._target = "", ""
        self._tokenizer: Any = Tokenizer.from_file(str(folder / "tokenizer.json"))
        # A mark that is said in a text, such as </s> or a language's tag, is text.
        self._tokenizer.encode_special_tokens = True
        self._model: Any = None

    def aim(self, source: str, target: str) -> Self:
        """Translate this pair from now on, our codes of languages, with what is loaded. Problem for
        a language that the model does not know."""
        self.pair = source, target
        self._source, self._target = flores(source), flores(target)
        for code, tag in ((source, self._source), (target, self._target)):
            if self._tokenizer.token_to_id(tag) is None:
                raise Problem(
                    f"{self._folder}: NLLB has no {tag}, which {code} is; choose another engine in "
                    "translation.engines"
                )
        return self

    @property
    def precision(self) -> str:
        """What the model computes in."""
        return self._left[0][1]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._model = None

    def translate(self, texts: Mapping[str, str], *, carefully: bool) -> Mapping[str, str]:
        """See `batches.Engine`."""
        cut = {i: pieces(text, self._max_tokens - 2, self._length) for i, text in texts.items()}
        sources = [[self._source, *self._tokens(p), _END] for part in cut.values() for p in part]
        careful = {"no_repeat_ngram_size": 3, "repetition_penalty": 1.2} if carefully else {}
        try:
            results = self._loaded().translate_batch(
                sources,
                target_prefix=[[self._target]] * len(sources),
                beam_size=self._beam_size,
                max_decoding_length=self._max_tokens,
                max_input_length=0,
                **careful,
            )
        except (RuntimeError, MemoryError) as error:
            if devices.out_of_memory(error):
                raise NoMemory(str(error)) from error
            raise
        done = iter(self._text(result.hypotheses[0]) for result in results)
        return {i: " ".join(next(done) for _ in parts) for i, parts in cut.items()}

    def reduce(self) -> Reduced | None:
        """See `batches.Engine`: to int8, then from the GPU to the CPU."""
        if len(self._left) < 2:
            return None
        before = " ".join(self._left.pop(0))
        self._model = None
        return Reduced("device and precision", before, " ".join(self._left[0]))

    def _loaded(self) -> Any:
        if self._model is None:
            import ctranslate2

            device, precision = self._left[0]
            self._model = ctranslate2.Translator(
                str(self._folder),
                device=device,
                compute_type=precision,
                intra_threads=self._threads,
            )
        return self._model

    def _tokens(self, text: str) -> list[str]:
        found: list[str] = self._tokenizer.encode(text, add_special_tokens=False).tokens
        return found

    def _length(self, text: str) -> int:
        return len(self._tokens(text))

    def _text(self, tokens: list[str]) -> str:
        ids = [self._tokenizer.token_to_id(token) for token in tokens if token != self._target]
        known = [number for number in ids if number is not None]
        return str(self._tokenizer.decode(known, skip_special_tokens=True)).strip()
