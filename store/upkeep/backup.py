"""A copy of the whole memory while the house works, and the way back into an empty place.

SQLite by its own online copy, PostgreSQL by `pg_dump` and `pg_restore` of its installation. No
password stands in a command line. Source: sqlite.org/backup.html; own decision 0071.
"""

import os
import shutil
import sqlite3
import subprocess
from pathlib import Path
from typing import Final

import sqlalchemy as sa
from psycopg.conninfo import make_conninfo

from rules.errors import Refused, TryLater
from store.database import connections, failures, schema

SQLITE_NAME: Final = "postlotse.sqlite"
POSTGRESQL_NAME: Final = "postlotse.dump"


def copy(url: str, folder: Path) -> Path:
    """Copy the memory of one moment into `folder`; the file, on the disk and whole.

    Nobody is held up; what is committed while it runs is in it or not, by whole commits.
    Raises: Refused: `backup.no_program`, `backup.damaged`. TryLater: `store.away`.
    """
    parsed = connections.parse_url(url)
    file = connections.file_of(parsed)
    if file is None:
        target = folder / POSTGRESQL_NAME
        _run(parsed, "pg_dump", "--format=custom", "--no-owner", f"--file={target}")
    else:
        target = folder / SQLITE_NAME
        _copy_sqlite(file, target)
    target.chmod(0o600)
    _on_disk(target)
    _on_disk(folder)
    return target


def restore(url: str, file: Path) -> None:
    """Put a copy where nothing is: no file of SQLite, or a database without tables.

    Raises: Refused: `backup.not_empty`, `backup.no_program`, `backup.damaged`.
    """
    parsed = connections.parse_url(url)
    target = connections.file_of(parsed)
    if target is None:
        _require_no_tables(parsed)
        _run(parsed, "pg_restore", "--exit-on-error", "--no-owner", "--single-transaction", file)
        return
    if any(one.exists() for one in _beside(target)):
        raise _not_empty(str(target))
    target.parent.mkdir(parents=True, exist_ok=True)
    _copy_sqlite(file, target)
    target.chmod(0o600)
    _on_disk(target)
    _on_disk(target.parent)


def _beside(file: Path) -> list[Path]:
    """The files of a database of SQLite."""
    return [file.with_name(file.name + end) for end in ("", "-wal", "-shm", "-journal")]


def _copy_sqlite(file: Path, target: Path) -> None:
    if not file.exists():
        raise failures.no_file(file, schema.HEAD)
    try:
        source = sqlite3.connect(file, timeout=connections.BUSY_TIMEOUT_MS / 1000)
        made = sqlite3.connect(target)
        try:
            # All pages in one step: a reader's look at one moment, which holds up no writer.
            source.backup(made, pages=-1)
            answer = made.execute("PRAGMA quick_check").fetchone()[0]
        finally:
            made.close()
            source.close()
    except sqlite3.Error as exc:
        for left in _beside(target):
            left.unlink(missing_ok=True)  # half a copy, where nothing was before
        raise failures.away(getattr(exc, "sqlite_errorname", type(exc).__name__)) from exc
    if answer != "ok":
        raise Refused("backup.damaged", f"{target} is damaged after copying. Look at the disk.")


def _require_no_tables(parsed: sa.URL) -> None:
    reader, writer = connections.open_engines(parsed)
    try:
        with failures.translated(), reader.connect() as connection:
            found = schema.version(connection)
    finally:
        reader.dispose()
        writer.dispose()
    if found is not None:
        raise _not_empty(str(parsed.database))


def _run(parsed: sa.URL, name: str, *arguments: str | Path) -> None:
    program = shutil.which(name)
    if program is None:
        raise Refused(
            "backup.no_program",
            f"{name} is not on the path. Install PostgreSQL's client programs of its version.",
            program=name,
        )
    engine = sa.create_engine(parsed)
    words = engine.dialect.create_connect_args(parsed)[1]
    engine.dispose()
    password = words.pop("password", None)
    # The driver adds objects of its own.
    words = {key: value for key, value in words.items() if isinstance(value, str | int)}
    given = {"PGPASSWORD": str(password)} if password else {}
    done = subprocess.run(  # noqa: S603 - a program of PostgreSQL, arguments of our own
        [program, f"--dbname={make_conninfo('', **words)}", *map(str, arguments)],
        env=os.environ | given,
        capture_output=True,
        check=False,
    )
    if done.returncode:
        # What the program says may quote a row; its exit code must do.
        raise TryLater(
            "backup.program_failed",
            f"{name} ended with {done.returncode}. Run it by hand to see why; nothing was changed.",
            program=name,
            exit_code=done.returncode,
        )


def _not_empty(name: str) -> Refused:
    return Refused(
        "backup.not_empty",
        f"There is something at {name}. Move it away first; a backup is never laid over it.",
        name=name,
    )


def _on_disk(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
