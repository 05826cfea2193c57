"""One event name a line, with ids and codes; never text, addresses or numbers (promise 8)."""

import logging
import sys
import traceback
from contextlib import suppress
from pathlib import PurePath

import structlog


class _StandardError:
    """Writes to what standard error is at that moment: it may be turned while the house runs."""

    def msg(self, line: str) -> None:
        """One line; lost where it can't be written (disk full, pipe closed): work must go on."""
        with suppress(OSError):
            sys.stderr.write(line + "\n")
            sys.stderr.flush()

    log = debug = info = warn = warning = error = critical = exception = failure = fatal = err = msg


def _frames_only(
    _logger: object, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """An exception's type and where it was raised, without its words: they may quote a mail."""
    if event.pop("exc_info", None):
        event["chain"] = chain(sys.exc_info()[1])
    return event


def chain(error: BaseException | None) -> list[dict[str, object]]:
    """Types and frames of an exception and its causes, outermost first, without any text.

    The text of an exception may quote a mail (promise 8).
    """
    found: list[dict[str, object]] = []
    seen = error
    while seen is not None:
        found.append({"type": type(seen).__qualname__, "frames": _frames(seen)})
        seen = seen.__cause__ or seen.__context__
    return found


def _frames(error: BaseException) -> list[str]:
    """Where it went through the house, and the innermost place, also where that is a library."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "site-packages" not in frame.filename]
    shown = ours if frames[-1:] == ours[-1:] else ours + frames[-1:]
    return [f"{_short(frame.filename)}:{frame.lineno} {frame.name}" for frame in shown]


def _short(filename: str) -> str:
    """The last two parts of a path: `triage/work.py`."""
    return "/".join(PurePath(filename).parts[-2:])


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
            _frames_only,
            render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=lambda *_: _StandardError(),
        # Not cached: tests turn the log over, and a lookup a line costs nothing beside its writing.
        cache_logger_on_first_use=False,
    )
