"""One event name a line, with ids and codes; never text, addresses or numbers (promise 8)."""

import logging
import sys

import structlog


def configure(*, json_lines: bool, level: str = "INFO") -> None:
    """Set up the log of the process; called once, by the command line.

    Lines go to standard error, so that standard output stays for results.
    """
    render: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if json_lines
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
