"""How long work says how far it is."""

from collections.abc import Callable

# Called with how much is done and how much there is, in any one unit.
Progress = Callable[[float, float], None]
