"""The one kind of error that a user can mend."""


class Problem(Exception):
    """An error that a user can mend: its text names the file, the value, and what to do next.

    It is shown as one line, without a traceback.
    """
