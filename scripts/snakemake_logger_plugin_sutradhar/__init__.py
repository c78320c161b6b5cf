"""Snakemake's logger plugin `sutradhar`: the screen of a run.

It shows what Snakemake's own handler shows, until a workflow gives it a screen of its own
(`LogHandler.show`). It imports nothing of the project: it comes with the environment, and the
screen with the workflow that is run, which may be another checkout.
"""

import logging
import sys
from typing import Protocol

from snakemake_interface_logger_plugins.base import LogHandlerBase


class Screen(Protocol):
    """What shows the messages of a run."""

    def take(self, record: logging.LogRecord) -> None: ...
    def close(self) -> None: ...


class LogHandler(LogHandlerBase):
    """Shows messages on the standard error stream, where a screen was given through it."""

    writes_to_stream = True
    writes_to_file = False
    has_filter = True  # the usual handler's
    has_formatter = True
    needs_rulegraph = False

    def __post_init__(self) -> None:
        from snakemake.logging import ColorizingTextHandler, DefaultFilter, DefaultFormatter

        given = self.common_settings
        self._screen: Screen | None = None
        self.usual = ColorizingTextHandler(
            nocolor=given.nocolor,
            stream=sys.stdout if given.stdout else sys.stderr,
            formatter=DefaultFormatter(given.quiet, given.show_failed_logs),
            filter=DefaultFilter(
                given.quiet, given.debug_dag, given.verbose, given.dryrun, given.printshellcmds
            ),
        )

    @property
    def wants_all(self) -> bool:
        """Whether Snakemake's own messages were asked for, or are the result, as of a dry run."""
        given = self.common_settings
        return bool(given.verbose or given.debug_dag or given.printshellcmds or given.dryrun)

    def show(self, screen: Screen) -> None:
        """From now on, give every message to `screen`."""
        self._screen = screen

    def emit(self, record: logging.LogRecord) -> None:
        """Show a message."""
        try:
            if self._screen is None:
                self.usual.handle(record)
            else:
                self._screen.take(record)
        except Exception:  # noqa: BLE001 a fault of the screen must not end the run
            self.handleError(record)

    def close(self) -> None:
        """Leave the terminal as it was."""
        if self._screen is not None:
            self._screen.close()
        super().close()
