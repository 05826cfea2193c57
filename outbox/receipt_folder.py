"""Receipts in a folder that both sides can reach; written by the receiver, read by us.

    drop/quittungen/*.json   receipts, written under another name, then renamed
         erledigt/           receipts that are in our database
         erledigt/abgelehnt/ rejections after which we delivered again
         unlesbar/           receipts that nobody can read, kept for a person

The same for the eAkte and for receivers of tasks (docs/handover.md). Source: own decision 0058.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from outbox.durable import sync_folder
from rules.errors import TryLater, Unreadable
from rules.handover import Receipt

RECEIPTS: Final = "quittungen"
CONFIRMED: Final = "erledigt"
REJECTED: Final = "abgelehnt"
UNREADABLE: Final = "unlesbar"

_SAFE_KEY: Final = re.compile(r"[a-z0-9][a-z0-9_-]{3,61}[a-z0-9]", re.ASCII)
_RECEIPT_BYTES: Final = 65_536
"""Largest receipt that is read; a real one has about 300 bytes. Source: house rule."""
_SETTLE: Final = timedelta(seconds=60)
"""An unreadable receipt younger than this may still be in the writing. Source: house rule."""


@dataclass(frozen=True, slots=True)
class ReceiptFolder:
    """The receipts of one receiver. `owner` begins the codes of its errors: "eakte", "task".

    `clock` gives aware UTC. `drop` is never made here: where a mount is missing, a folder of the
    same name on the local disk would take the files in and nobody would see them.
    """

    drop: Path
    owner: str
    clock: Callable[[], datetime]

    def check_drop(self) -> None:
        """Raises: TryLater: `eakte.drop_missing`, `task.drop_missing`."""
        if not self.drop.is_dir():
            raise TryLater(
                f"{self.owner}.drop_missing",
                f"{self.drop} is not there; mount or create the folder of the receiver",
                path=str(self.drop),
            )

    def read(self) -> Iterator[Receipt]:
        """All readable receipts that aren't confirmed, by file name; then the bad ones are told.

        An unreadable receipt is put into `unlesbar/` and never stops another: the error comes
        after the last good one, once for each bad file's appearance.

        Raises:
            TryLater: `eakte.drop_missing`, `eakte.disk`, and the same of `task`.
            Unreadable: `eakte.receipt`, `task.receipt`, at the end, with the names in
                `details["files"]`.
        """
        self.check_drop()
        bad: list[str] = []
        try:
            for path in self._files():
                receipt = _read_receipt(path)
                if receipt is not None:
                    yield receipt
                elif self._settled(path):
                    _put_away(path, self.drop / RECEIPTS / UNREADABLE)
                    bad.append(path.name)
        except OSError as exc:
            raise self.disk(exc) from exc
        if bad:
            raise Unreadable(
                f"{self.owner}.receipt",
                f"{len(bad)} receipt(s) can't be read; see {RECEIPTS}/{UNREADABLE} in {self.drop}",
                files=tuple(bad),
            )

    def confirm(self, key: str) -> None:
        """Move the receipt of `key` to `erledigt/`. Idempotent; without a receipt nothing happens.

        Raises:
            TryLater: `eakte.drop_missing`, `eakte.disk`, and the same of `task`.
        """
        self.check_drop()
        try:
            for path in self._of(key):
                _put_away(path, self.drop / RECEIPTS / CONFIRMED)
        except OSError as exc:
            raise self.disk(exc) from exc

    def between(self, since: datetime, until: datetime) -> tuple[Receipt, ...]:
        """What the receiver says it received then, confirmed or not, by key.

        Reads every receipt file that was written since then: for reports only.

        Raises:
            TryLater: `eakte.drop_missing`, `eakte.disk`, and the same of `task`.
        """
        self.check_drop()
        found: dict[str, Receipt] = {}
        try:
            confirmed = self.drop / RECEIPTS / CONFIRMED
            for path in (*self._files(), *sorted(confirmed.glob("*.json"))):
                written_at = datetime.fromtimestamp(path.stat().st_mtime, tz=UTC)
                receipt = _read_receipt(path) if written_at >= since else None
                if receipt and since <= _received_at(receipt, or_else=written_at) < until:
                    found.setdefault(receipt.key, receipt)
        except OSError as exc:
            raise self.disk(exc) from exc
        return tuple(found[key] for key in sorted(found))

    def is_answered(self, name: str) -> bool:
        """Whether a receipt of this name lies there, confirmed or not."""
        receipts = self.drop / RECEIPTS
        return any((at / f"{name}.json").exists() for at in (receipts, receipts / CONFIRMED))

    def is_rejected(self, name: str) -> bool:
        """Whether the confirmed receipt of this name is a rejection. Raises: OSError."""
        told = self.drop / RECEIPTS / CONFIRMED / f"{name}.json"
        receipt = _read_receipt(told) if told.is_file() else None
        return receipt is not None and not receipt.accepted

    def papers(self, name: str) -> list[Path]:
        """All receipts of this name, also those put away, with their numbered doubles.

        For deletion. Raises: OSError.
        """
        receipts = self.drop / RECEIPTS
        folders = (receipts, receipts / CONFIRMED, receipts / CONFIRMED / REJECTED)
        return [
            path
            for folder in folders
            for path in sorted(folder.glob(f"{name}*.json"))
            if path.name == f"{name}.json" or path.name.removeprefix(f"{name}.")[:-5].isdigit()
        ]

    def forget_rejection(self, name: str) -> None:
        """Lay the rejection beside, before the same is delivered again. Raises: OSError."""
        confirmed = self.drop / RECEIPTS / CONFIRMED
        _put_away(confirmed / f"{name}.json", confirmed / REJECTED)

    def refuse(self, key: str) -> None:
        """Put a receipt that must not count to the unreadable ones. Raises: as `confirm`."""
        try:
            for path in self._of(key):
                _put_away(path, self.drop / RECEIPTS / UNREADABLE)
        except OSError as exc:
            raise self.disk(exc) from exc

    def disk(self, exc: OSError) -> TryLater:
        """The error to raise where the disk refused."""
        return TryLater(
            f"{self.owner}.disk",
            f"{self.drop}: {exc.strerror}; check rights and space",
            path=str(self.drop),
        )

    def _files(self) -> list[Path]:
        return sorted(path for path in (self.drop / RECEIPTS).glob("*.json") if path.is_file())

    def _of(self, key: str) -> list[Path]:
        """The file named after the key, as a rule; else whichever file speaks of the key."""
        expected = self.drop / RECEIPTS / f"{folder_name(key)}.json"
        candidates = [expected] if expected.is_file() else self._files()
        return [
            path
            for path in candidates
            if (receipt := _read_receipt(path)) is not None and receipt.key == key
        ]

    def _settled(self, path: Path) -> bool:
        changed_at = datetime.fromtimestamp(path.stat().st_mtime, tz=UTC)
        return self.clock() - changed_at >= _SETTLE


def folder_name(key: str) -> str:
    """The name of a package's folder: the key where it is safe on every disk, else its hash."""
    return key if _SAFE_KEY.fullmatch(key) else f"key-{sha256(key.encode()).hexdigest()[:40]}"


def receipt_json(receipt: Receipt) -> bytes:
    """The bytes of a receipt file, as the eAkte writes it; read back by `ReceiptFolder`."""
    return as_json(
        {
            "key": receipt.key,
            "accepted": receipt.accepted,
            "reference": receipt.reference,
            "sha256": receipt.sha256,
            "received_at": receipt.received_at,
            "reason": receipt.reason,
            "kundennummer": receipt.kundennummer,
        }
    )


def as_json(value: Mapping[str, Any]) -> bytes:
    """JSON as all our files have it: UTF-8, indented, one line end."""
    return (json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode()


def _read_receipt(path: Path) -> Receipt | None:
    """The receipt, or None where the file is too large, no JSON, or lacks something."""
    if path.stat().st_size > _RECEIPT_BYTES:
        return None
    try:
        raw = json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        return None
    return _receipt(raw) if isinstance(raw, dict) else None


def _receipt(raw: dict[str, Any]) -> Receipt | None:
    names = ("key", "reference", "sha256", "received_at", "reason")
    words = [word for name in names if isinstance(word := raw.get(name, ""), str)]
    accepted, number = raw.get("accepted"), raw.get("kundennummer")
    complete = len(words) == len(names) and {"reference", "sha256", "received_at"} <= raw.keys()
    if not complete or not words[0] or not isinstance(accepted, bool):
        return None
    if not isinstance(number, str | None):
        return None
    key, reference, digest, received_at, reason = words
    return Receipt(key, accepted, reference, digest, received_at, reason, number or None)


def _received_at(receipt: Receipt, *, or_else: datetime) -> datetime:
    """When the eAkte received it; where it writes no such time, when it wrote the receipt."""
    try:
        told = datetime.fromisoformat(receipt.received_at)
    except ValueError:
        return or_else
    return told if told.tzinfo else or_else


def _put_away(path: Path, folder: Path) -> None:
    """Move a file into `folder`; what lies there under the same name is kept beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    target, number = folder / path.name, 1
    while target.exists():
        number += 1
        target = folder / f"{path.stem}.{number}{path.suffix}"
    path.rename(target)
    sync_folder(folder)
