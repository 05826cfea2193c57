"""What all commands share: options, the way errors are told, JSON lines."""

import json
import os
import pwd
import signal
import sys
import threading
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Final, NoReturn

import typer

from rules.access import Caller
from rules.codes import Role
from rules.errors import HouseError, Refused
from triage.settings import Settings, load

ConfigOption = Annotated[
    Path, typer.Option("--config", "-c", help="The configuration file.", envvar="POSTLOTSE_CONFIG")
]
DayOption = Annotated[str | None, typer.Option(help="Local day, YYYY-MM-DD; today by default.")]
PostboxOption = Annotated[str, typer.Option(help="Name of the postbox in the configuration.")]
VersionOption = Annotated[int | None, typer.Option(help="Its version; the newest by default.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
DEFAULT_CONFIG = Path("postlotse.toml")

_LOGIN: Final = Path("/proc/self/loginuid")
_NOBODY: Final = 2**32 - 1


def fail(error: HouseError) -> NoReturn:
    """Tell the error on standard error and end with 1; the code stands in brackets."""
    sys.stderr.write(f"postlotse: {error.message} [{error.code}]\n")
    raise SystemExit(1)


def say(text: str) -> None:
    """One line of result for a person."""
    typer.echo(text)


def emit(value: object) -> None:
    """One line of JSON for a machine; German letters stay as they are."""
    typer.echo(json.dumps(value, ensure_ascii=False, default=str))


def show(row: Mapping[str, object], *, as_json: bool) -> None:
    """One row of a list, in the form that the caller asked for with `--json`."""
    if as_json:
        emit(row)
    else:
        say("  ".join(f"{key}={_plain(value)}" for key, value in row.items()))


def _plain(value: object) -> str:
    """As people write it: nothing is a dash, several stand with commas."""
    if isinstance(value, list | tuple):
        return ",".join(map(str, value))
    return "-" if value is None else str(value)


def day_of(typed: str, *, code: str) -> date:
    """The day that was typed as YYYY-MM-DD. Raises: Refused: `code`."""
    try:
        return date.fromisoformat(typed)
    except ValueError as exc:
        raise Refused(code, f"{typed} is no day; write YYYY-MM-DD.") from exc


def read_text(file: Path, *, code: str) -> str:
    """A file that somebody wrote, with or without the mark that Windows puts in front of UTF-8.

    Raises: Refused: `code`.
    """
    try:
        return file.read_text(encoding="utf-8-sig")
    except OSError as exc:
        raise Refused(
            code, f"{file} can't be read ({exc.strerror}). Remedy: check path and rights."
        ) from exc
    except UnicodeDecodeError as exc:
        raise Refused(code, f"{file} is no UTF-8 text. Remedy: save it as UTF-8.") from exc


def counted(number: int, thing: str) -> str:
    """The number with its thing: "1 folder", "2 folders"."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def operator() -> Caller:
    """Whoever may read the configuration is an admin; the trail names the account."""
    return Caller(f"cli:{account()}", Role.ADMIN, agencies=None, regions=None)


def account() -> str:
    """Who logged in at this machine, also behind sudo and su; where nobody did, the process's own.

    Never by the environment, which anybody may set: a plan is approved by another person than
    who made it. Source: own decision 0039; proc(5), loginuid; credentials(7).
    """
    try:
        uid = int(_LOGIN.read_text(encoding="ascii"))
    except (OSError, ValueError):
        uid = _NOBODY
    uid = os.getuid() if uid == _NOBODY else uid
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def require_ending(out: Path, *endings: str) -> None:
    """Raises: Refused: `file.ending`: what is written would not be what the name says."""
    if out.suffix.lower() not in endings:
        raise Refused(
            "file.ending",
            f"{out.name} ends in none of {', '.join(endings)}. A PDF is made by printing the page.",
        )


def stop_event() -> threading.Event:
    """Set by SIGINT and SIGTERM, so that what runs ends in order."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    return stop


def settings_or_default(config: Path) -> Settings:
    """As `settings.load`; but where no file was named and none is there, what ships with the house.

    For commands that work on a bare installation. Raises: Refused: `settings.*`.
    """
    if config == DEFAULT_CONFIG and not config.exists():
        return Settings()
    return load(config)
