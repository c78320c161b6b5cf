"""The error class for problems that the user can fix."""


class Problem(Exception):
    """An error that the user can fix: its text names the file, the value, and what to do next.

    It is shown as one line, without a traceback.
    """
