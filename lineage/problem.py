"""The error class for problems that the user can fix."""

from collections.abc import Sequence

_MOST = 5  # in one message


class Problem(Exception):
    """An error that the user can fix: its text names the file, the value, and what to do next.

    It is shown as one line, without a traceback.
    """


def raise_all(faults: Sequence[str]) -> None:
    """Raise a Problem that has all faults of a file, a line each, or the first few; none where
    there are none."""
    each = list(dict.fromkeys(faults))  # films may share one
    if each:
        more = len(each) - _MOST
        rest = [f"and {more} more"] if more > 0 else []
        raise Problem("\n".join([*each[:_MOST], *rest]))
