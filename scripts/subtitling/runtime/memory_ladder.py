"""Fall back to smaller settings when memory runs out; used by every stage that runs a model.

A ladder is a list of settings, from the requested one to the one that needs the least memory. Work
that does not fit is repeated in the next setting; earlier results are kept. `batches.translate`,
which also handles other failures, halves its batches itself and asks an engine for its next
setting.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from lineage.problem import Problem
from subtitling.runtime import devices

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Setting = TypeVar("Setting", bound="DataclassInstance")
Item = TypeVar("Item")
Made = TypeVar("Made")
Degrade = Callable[[str, Any, Any, str], None]
LACK = (RuntimeError, MemoryError, OSError)  # as reported by engines and the kernel


@dataclass(frozen=True)
class Loaded:
    """How a translation engine is loaded: on `cpu` or `cuda`, and in which precision."""

    device: str
    precision: str

    def __str__(self) -> str:
        return f"{self.device} {self.precision}"


def halves(count: int) -> list[int]:
    """Batch sizes from `count` down to one, each half of the one before: 6 gives 6, 3, 1."""
    return [count, *(halves(count // 2) if count > 1 else [])]


def lack(error: BaseException) -> str:
    """The message of an out-of-memory error; any other error is raised again."""
    if not devices.out_of_memory(error):
        raise error
    return str(error)


class Steps(Generic[Setting]):
    """The remaining `settings`; the first one is in use."""

    def __init__(self, settings: Sequence[Setting]) -> None:
        self._left = list(settings)

    @property
    def setting(self) -> Setting:
        """The setting in use."""
        return self._left[0]

    def down(self, beyond: Sequence[str] = ()) -> Setting | None:
        """Go to the next setting that differs in more than the parts named in `beyond`; return the
        setting before, or None if there is no next one."""

        def rest(setting: Setting) -> dict[str, Any]:
            return {part: value for part, value in asdict(setting).items() if part not in beyond}

        before = self._left[0]
        after = next((n for n, each in enumerate(self._left) if rest(each) != rest(before)), None)
        if after is None:
            return None
        del self._left[:after]
        return before


class Ladder(Steps[Setting]):
    """Repeats work in smaller settings. `degrade` is called with each part of a setting that a step
    changes, and why; `settle` then applies the setting to the loaded model. If the last one does
    not fit either, a Problem gives the `advice`."""

    def __init__(
        self,
        settings: Sequence[Setting],
        degrade: Degrade,
        settle: Callable[[Setting], None],
        advice: str,
    ) -> None:
        super().__init__(settings)
        self._degrade, self._settle, self._advice = degrade, settle, advice

    def through(self, work: Callable[[], Made], beyond: Sequence[str] = ()) -> Made:
        """Run `work` in the first setting that has the memory for it, and return its result. A step
        that changes nothing but what is named in `beyond` would not help, and is passed over."""
        while True:
            try:
                return work()
            except LACK as error:
                reason = lack(error)
            # Outside of the handler, which would keep the failed attempt's arrays alive.
            self.step(reason, beyond)

    def batches(
        self, items: Sequence[Item], work: Callable[[Sequence[Item]], Made]
    ) -> Iterator[tuple[Sequence[Item], Made]]:
        """Process the items in batches of the setting's `batch`; yields each batch with its
        result."""

        def begun(left: Sequence[Item]) -> tuple[Sequence[Item], Made]:
            some = left[: getattr(self.setting, "batch")]  # noqa: B009 - not every setting has it
            return some, work(some)

        at = 0
        while at < len(items):
            some, result = self.through(partial(begun, items[at:]))
            yield some, result
            at += len(some)

    def step(self, reason: str, beyond: Sequence[str] = ()) -> None:
        """Go to the next setting. Raises Problem if there is none."""
        before = self.down(beyond)
        if before is None:
            least = ", ".join(f"{part} {value}" for part, value in asdict(self.setting).items())
            raise Problem(
                f"memory runs out even with {least} ({reason}). Give the stage more memory, or "
                f"{self._advice}"
            )
        for part, value in asdict(self.setting).items():
            if getattr(before, part) != value:
                self._degrade(part, getattr(before, part), value, reason)
        self._settle(self.setting)
