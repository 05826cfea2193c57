"""The life of the keys at rest: make the ring, add and choose keys, seal anew, take keys away.

The file is written whole beside itself and put in place, so that a running house reads the old
ring or the new one. Source: own decision 0070.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from rules.access import Caller
from rules.errors import Refused
from store.database.engine import Database
from store.database.seals import KEY_BYTES, KEY_ID, Keys, SealRing, written
from store.trail import audit
from store.upkeep import resealing


@dataclass(frozen=True, slots=True)
class Progress:
    """One committed batch of sealing anew: in which table, rows looked at, rows written."""

    table: str
    looked: int
    changed: int


def add(path: Path, key_id: str) -> Keys:
    """Put a new random key into the file and make it the active one; the file is made if missing.

    Raises: Refused: `keys.name`, `keys.exists`. TryLater: `keys.file`.
    """
    if not KEY_ID.fullmatch(key_id):
        raise Refused("keys.name", f"{key_id!r} is no name of a key: 1 to 12 of a-z and 0-9.")
    known = SealRing(path).keys() if path.exists() else Keys("", {})
    if key_id in known.by_id:
        raise Refused("keys.exists", f"{key_id} is in {path} already. Take another name.")
    return _put(path, Keys(key_id, {**known.by_id, key_id: os.urandom(KEY_BYTES)}))


def choose(path: Path, key_id: str) -> Keys:
    """Make a key of the file the active one; empty: what is written from now on is not sealed.

    Raises: Refused: `keys.unknown`. TryLater: `keys.file`.
    """
    known = SealRing(path).keys()
    if key_id and key_id not in known.by_id:
        raise Refused("keys.unknown", f"There is no key {key_id} in {path}.")
    return _put(path, Keys(key_id, known.by_id))


def drop(database: Database, path: Path, key_id: str) -> Keys:
    """Take a key out of the file that no row needs any more.

    Raises: Refused: `keys.unknown`, `keys.in_use`: it is active, or something lies under it.
    TryLater: `keys.file`, `store.away`.
    """
    known = SealRing(path).keys()
    if key_id not in known.by_id:
        raise Refused("keys.unknown", f"There is no key {key_id} in {path}.")
    with database.read() as tx:
        needed = resealing.needing(tx, key_id)
    if key_id == known.active or needed:
        raise Refused(
            "keys.in_use",
            f"{key_id} is active or {needed} rows lie under it. Choose another key, run `postlotse"
            " keyring rotate` to its end; repeated answers are gone after a day.",
            key=key_id,
            rows=needed,
        )
    return _put(path, Keys(known.active, {k: v for k, v in known.by_id.items() if k != key_id}))


def rotate(
    database: Database, caller: Caller, *, clock: Callable[[], datetime]
) -> Iterator[Progress]:
    """Seal everything anew that is not under the active key, a commit a batch; end: trail entry.

    May be stopped anywhere and run again; others read and write meanwhile.
    Raises: TryLater: `keys.missing`, `keys.file`, `store.away`.
    """
    active, changed = database.ring.keys().active, 0
    for table, step in resealing.STEPS.items():
        after: str | None = ""
        while after is not None:
            with database.write() as tx:
                done = step(tx, after)
            after, changed = done.after, changed + done.changed
            yield Progress(table, done.looked, done.changed)
    with database.write() as tx:
        audit.add(
            tx,
            caller.name,
            action="keys.rotated",
            subject=f"key:{active or 'none'}",
            details={"rows": changed},
            at=clock(),
        )


def _put(path: Path, keys: Keys) -> Keys:
    beside = path.with_name(f".{path.name}.new")
    beside.unlink(missing_ok=True)
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(written(keys))
        file.flush()
        os.fsync(file.fileno())
    if path.exists():
        # A command of root must not take the ring away from the service's account.
        before = path.stat()
        os.chown(beside, before.st_uid, before.st_gid)
    beside.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return keys
