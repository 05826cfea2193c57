"""A backup that can be checked: database, configuration, model, and what is not in it.

The ring of keys and all secrets stay out: beside the database they would protect nothing.
Source: own decision 0071.
"""

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from rules.access import Caller, Permission, require
from rules.errors import Refused, TryLater
from store.counts import ledger_counts
from store.database import schema
from store.database.engine import Database
from store.doors import sessions
from store.trail import audit, restores
from store.upkeep import backup as copying
from store.upkeep import resealing
from triage import wiring
from triage.settings import Settings

MANIFEST: Final = "manifest.json"
CHUNK_BYTES: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds. `files`: name to SHA-256. `keys`: which the sealed originals need."""

    made_at: datetime
    schema: str
    mails: int
    keys: tuple[str, ...]
    files: dict[str, str]


def make(
    settings: Settings, caller: Caller, config: Path, folder: Path, *, clock: Callable[[], datetime]
) -> Manifest:
    """Write a backup into a new folder, which only its owner may read.

    `made_at` is before the copy begins: what came later may be missing in it. Who copies all of the
    content stands in the trail before the first byte is copied, and so in the copy too.
    One that fails leaves nothing of itself: it would take the room of the next.
    Raises: Refused: `access.denied`, `backup.exists`, and as `store.upkeep.backup.copy`. TryLater:
    `store.away`, `backup.disk`.
    """
    require(caller, Permission.MANAGE_POSTBOXES)
    if folder.exists():
        raise Refused("backup.exists", f"{folder} exists. Give a folder that is not there yet.")
    with _disk(folder):
        folder.mkdir(parents=True, mode=0o700)
        try:
            return _fill(settings, caller, config, folder, clock())
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise


def _fill(
    settings: Settings, caller: Caller, config: Path, folder: Path, made_at: datetime
) -> Manifest:
    database = wiring.open_database(settings)
    try:
        with database.read() as tx:
            keys = tuple(sorted(filter(None, resealing.by_key(tx))))
            mails = sum(ledger_counts.counts(tx).values())
        _note(database, caller, "backup.begun", {"mails": mails}, at=made_at)
    finally:
        database.close()
    copying.copy(settings.store.url, folder)
    shutil.copyfile(config, folder / "postlotse.toml")
    for name, source in _models(settings):
        (shutil.copytree if source.is_dir() else shutil.copyfile)(source, folder / name)
    files = {path.relative_to(folder).as_posix(): _digest(path) for path in _files(folder)}
    found = Manifest(made_at, schema.HEAD, mails, keys, files)
    text = json.dumps(asdict(found), default=datetime.isoformat, indent=1)
    (folder / MANIFEST).write_text(text + "\n", encoding="utf-8")
    return found


@contextmanager
def _disk(folder: Path) -> Iterator[None]:
    """Raises: TryLater: `backup.disk`."""
    try:
        yield
    except OSError as exc:
        raise TryLater("backup.disk", f"{folder}: {exc.strerror}; check rights and space.") from exc


def check(folder: Path) -> Manifest:
    """Read a backup's manifest and hold every file against it.

    Raises: Refused: `backup.no_manifest`; `backup.damaged` with the names of the files.
    """
    try:
        raw = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        found = Manifest(
            datetime.fromisoformat(raw["made_at"]),
            raw["schema"],
            raw["mails"],
            tuple(raw["keys"]),
            raw["files"],
        )
    except (OSError, ValueError, KeyError, TypeError) as exc:
        raise Refused(
            "backup.no_manifest", f"{folder} holds no whole backup: {MANIFEST} can't be read."
        ) from exc
    wrong = [
        name
        for name, digest in found.files.items()
        if not (folder / name).is_file() or _digest(folder / name) != digest
    ]
    if wrong:
        raise Refused(
            "backup.damaged",
            f"{len(wrong)} files of {folder} are missing or changed. Take another backup.",
            files=wrong,
        )
    return found


def restore(
    settings: Settings, caller: Caller, folder: Path, *, clock: Callable[[], datetime]
) -> Manifest:
    """Check a backup and put its database where nothing is; then `postlotse backup reread`.

    Everybody has to sign in again: who was signed out since the backup would be in again, and a
    page from before names things by numbers that others get now.
    Raises: Refused: `access.denied`, and as `check` and `store.upkeep.backup.restore`;
    `store.schema`: it is back, but of an older version, and its entry in the trail is that of
    `reread` only.
    """
    require(caller, Permission.MANAGE_POSTBOXES)
    found = check(folder)
    names = (copying.SQLITE_NAME, copying.POSTGRESQL_NAME)
    (name,) = (name for name in names if name in found.files)
    copying.restore(settings.store.url, folder / name)
    database = Database.open(settings.store.url)
    try:
        made = {"made_at": found.made_at.isoformat(), "mails": found.mails}
        with database.write() as tx:
            sessions.drop_all(tx)
        _note(database, caller, restores.PUT_BACK, made, at=clock())
    finally:
        database.close()
    return found


def _note(
    database: Database, caller: Caller, action: str, details: dict[str, object], *, at: datetime
) -> None:
    with database.write() as tx:
        audit.add(tx, caller.name, action=action, subject=restores.SUBJECT, details=details, at=at)


def _models(settings: Settings) -> Iterator[tuple[str, Path]]:
    data = settings.data
    model = data.model or wiring.default_model_path()
    shelf = data.models or wiring.default_model_path().parent / "models"
    if model.is_file():
        yield "model.postlotse", model
    if shelf.is_dir():
        yield "models", shelf


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()
