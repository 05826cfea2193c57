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
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
DEFAULT_CONFIG = Path("postlotse.toml")

_LOGIN_UID: Final = Path("/proc/self/loginuid")
_NOBODY_SIGNED_IN: Final = 2**32 - 1
"""Source: Linux, procfs-audit_loginuid: "unset" is 4294967295."""


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
        say("  ".join(f"{key}={value}" for key, value in row.items()))


def day_of(typed: str, *, code: str) -> date:
    """The day that was typed as YYYY-MM-DD. Raises: Refused: `code`."""
    try:
        return date.fromisoformat(typed)
    except ValueError as exc:
        raise Refused(code, f"{typed} is no day; write YYYY-MM-DD.") from exc


def operator() -> Caller:
    """Who may read the configuration is an admin; the trail names the account."""
    return Caller(f"cli:{account()}", Role.ADMIN, agencies=None, regions=None)


def account() -> str:
    """The account that somebody signed in to this machine with, also behind `sudo` and `su`.

    Never what the environment says: whoever sets LOGNAME would be the second person of four eyes.
    Without a sign-in (containers) the process's own. Source: Linux, procfs-audit_loginuid;
    pam_loginuid(8).
    """
    try:
        number = int(_LOGIN_UID.read_text(encoding="ascii"))
    except (OSError, ValueError):
        number = _NOBODY_SIGNED_IN
    if number == _NOBODY_SIGNED_IN:
        number = os.getuid()
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


def stop_event() -> threading.Event:
    """Set by SIGINT and SIGTERM, so that what runs ends in order."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    return stop


def settings_of(config: Path) -> Settings:
    """The checked configuration. Raises: Refused: `settings.*`."""
    return load(config)


def settings_or_default(config: Path) -> Settings:
    """As `settings_of`; but where no file was named and none is there, what ships with the house.

    For commands that work on a bare installation. Raises: Refused: `settings.*`.
    """
    if config == DEFAULT_CONFIG and not config.exists():
        return Settings()
    return settings_of(config)
