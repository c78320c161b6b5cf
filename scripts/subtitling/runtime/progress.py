"""The type of a callback for progress."""

from collections.abc import Callable

# Called with the amount done and the total, in the same unit.
Progress = Callable[[float, float], None]
