"""IndicTrans2: 22 languages of India to and from English and each other, in a worker process."""

import tempfile
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from lineage.problem import Problem
from subtitling import paths
from subtitling.options import selected
from subtitling.runtime import environments, memory_ladder, offline, worker
from subtitling.runtime.memory_ladder import Loaded
from subtitling.text.languages import flores
from subtitling.translation import indictrans2_server
from subtitling.translation.batches import Reduced
from subtitling.translation.engine import Config, EngineSpec, Log, Work

ENVIRONMENT = "indictrans2"
# The toolkit puts words with a # into the placeholders that the models were trained to keep.
PLACEHOLDER = "#Zq{}"
# Its languages of India, in FLORES-200's names.
_INDIC = frozenset(
    ["asm_Beng", "ben_Beng", "brx_Deva", "doi_Deva", "gom_Deva", "guj_Gujr", "hin_Deva",
     "kan_Knda", "kas_Arab", "kas_Deva", "mai_Deva", "mal_Mlym", "mar_Deva", "mni_Beng",
     "mni_Mtei", "npi_Deva", "ory_Orya", "pan_Guru", "san_Deva", "sat_Olck", "snd_Arab",
     "snd_Deva", "tam_Taml", "tel_Telu", "urd_Arab"]
)  # fmt: skip
_ENGLISH = "eng_Latn"
# From what needs most memory to what needs least: device and precision.
_LADDER = (Loaded("cuda", "float16"), Loaded("cpu", "float32"), Loaded("cpu", "int8"))


@dataclass(frozen=True)
class IndicTrans2Options:
    """See `indictrans2` in the configuration."""

    python: str
    precision: str
    start_s: float
    request_s: float


def direction(source: str, target: str) -> str:
    """The family of models that translates a pair: `indic-en`, `en-indic` or `indic-indic`. Raises
    Problem where none does."""
    names = [code if code == "auto" else flores(code) for code in (source, target)]
    sides = ["en" if name == _ENGLISH else "indic" for name in names]
    if not _INDIC.issuperset({*names} - {_ENGLISH}) or sides == ["en", "en"]:
        raise Problem(
            f"IndicTrans2 does not translate {source} to {target}; it knows {_ENGLISH} and "
            f"{', '.join(sorted(_INDIC))}: choose another engine in translation.engines"
        )
    return "-".join(sides)


class IndicTrans2:
    """A model in `folder`, whose files, code included, must all be verified by their checksums.

    `log` takes the output of the worker. Use it as a context, so that the worker ends; `aim` it at
    a pair of languages before it translates.
    """

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
        options: IndicTrans2Options,
        log: Callable[[str], None],
    ):
        wanted = "float16" if device == "cuda" else "float32"
        step = Loaded(device, wanted if options.precision == "auto" else options.precision)
        if step not in _LADDER:
            raise Problem(f"indictrans2.precision: no {step.precision} on {device}")
        self._steps = memory_ladder.Steps(_LADDER[_LADDER.index(step) :])
        self._pair: dict[str, str] = {}
        self.known: dict[str, Any] = {}  # the worker's facts, once it was started
        self._settings: dict[str, Any] = {
            "folder": str(folder.absolute()),
            "threads": threads,
            "beam_size": beam_size,
            "max_tokens": max_tokens,
        }
        self.python = environments.interpreter(ENVIRONMENT, Path(options.python))
        # transformers copies a model's code into a cache before it imports it; in a private folder
        # nobody else can have put something there.
        self._modules = tempfile.TemporaryDirectory(prefix="sutradhar-")
        self.worker = worker.Worker(
            self.python,
            indictrans2_server.__name__,
            self._current(),
            start_s=options.start_s,
            request_s=options.request_s,
            log=log,
            environment={
                **offline.SWITCHES,
                "HF_MODULES_CACHE": self._modules.name,
                # The toolkit numbers its placeholders in the order of a set.
                "PYTHONHASHSEED": "0",
            },
        )

    def aim(self, source: str, target: str) -> Self:
        """Translate this pair (the project's language codes) from now on with the loaded model.
        Raises Problem for a pair that no model of IndicTrans2 translates."""
        direction(source, target)
        self.pair = source, target
        self._pair = {"source": flores(source), "target": flores(target)}
        return self

    @property
    def precision(self) -> str:
        """The precision that the model computes in."""
        return self._steps.setting.precision

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.worker.end()
        self._modules.cleanup()

    def facts(self) -> dict[str, Any]:
        """The worker's `python` and `packages`; it is started for them. Raises Problem where they
        differ from the environment's."""
        if not self.known:
            started = self.worker.start()
            environments.check(ENVIRONMENT, self.python, started["packages"])
            self.known = {"python": started["python"], "packages": started["packages"]}
        return self.known

    def translate(self, texts: Mapping[str, str], *, carefully: bool) -> Mapping[str, str]:
        """See `batches.Engine`."""
        self.facts()
        answers = self.worker.ask({**self._pair, "texts": dict(texts), "carefully": carefully})
        if not isinstance(answers, dict):
            raise worker.Lost(f"it answered {answers!r:.60}")
        return answers

    def reduce(self) -> Reduced | None:
        """See `batches.Engine`: from the GPU to the CPU, and there to int8."""
        before = self._steps.down()
        if before is None:
            return None
        self.worker.become(self._current())
        return Reduced("device and precision", str(before), str(self._steps.setting))

    def _current(self) -> dict[str, Any]:
        return {**self._settings, **asdict(self._steps.setting)}


def _unable(_config: Config, source: str, target: str) -> str:
    if source != "auto":
        try:
            direction(source, target)
        except Problem as problem:
            return str(problem)
    return ""


def _model(config: Config, source: str, target: str) -> str:
    """The model of a pair: each family of directions has its own."""
    return str(config["indictrans2"][direction(source, target).replace("-", "_")])


def _model_back(
    config: Config, source: str, target: str, _forth: str | None, listed: Collection[str]
) -> str | None:
    """The model back, if it is listed: its name is in the defaults, and it is added by hand."""
    name = _model(config, target, source)
    return name if name in listed else None


def _open(work: Work, _context: object, log: Log) -> IndicTrans2:
    options = IndicTrans2Options(**work.settings)
    return IndicTrans2(work.model_folder, options=options, log=log, **work.decoding)


SPEC = EngineSpec(
    name="indictrans2",
    open=_open,
    needs=f"indictrans2 (`{paths.make('envs')}`, and its models)",
    unable=_unable,
    serves=lambda source, target: source != "auto" and not _unable({}, source, target),
    settings=lambda config: selected(IndicTrans2Options, config["indictrans2"]),
    model=_model,
    model_back=_model_back,
    environment=ENVIRONMENT,
    many_targets=True,
)
