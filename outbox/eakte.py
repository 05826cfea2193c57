"""Hands payment-relevant mail over to the eAkte through a shared folder, and reads its receipts.

    drop/pakete/<key>/       one hand-over, appears at once and complete:
         <id>_original.eml   the mail, byte for byte
         metadaten.json      who, what about, which attachments, why
         xdomea.xml          the same for XDOMEA readers
         SHA256SUMS          checksums of the three (`sha256sum -c SHA256SUMS`)
    drop/quittungen/*.json   receipts, written by the eAkte (under another name, then renamed)
         erledigt/           receipts that are in our database
         erledigt/abgelehnt/ rejections after which we delivered again
         unlesbar/           receipts that nobody can read, kept for a person

`drop` itself is never made here: where a mount is missing, a folder of the same name on the
local disk would take the files in and nobody would see them.
Source: Weisung 202001001 no. 2.4 a 5; KEBest DA 6.3 and VV-ZBR BHO no. 4.7 (complete, unaltered,
traceable, acknowledged).
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from outbox.durable import clear_folder, publish_folder, sync_folder
from outbox.xdomea import message, original_name
from rules.errors import Refused, TryLater, Unreadable
from rules.handover import Package, Receipt

PACKAGES: Final = "pakete"
RECEIPTS: Final = "quittungen"
CONFIRMED: Final = "erledigt"
REJECTED: Final = "abgelehnt"
UNREADABLE: Final = "unlesbar"
SUMS: Final = "SHA256SUMS"
METADATA: Final = "metadaten.json"
FORMAT: Final = "postlotse-paket-1"

_BUILDING: Final = ".neu"
_SAFE_KEY: Final = re.compile(r"[a-z0-9][a-z0-9_-]{3,61}[a-z0-9]", re.ASCII)
_RECEIPT_BYTES: Final = 65_536
"""Largest receipt that is read; a real one has about 300 bytes. Source: house rule."""
_SETTLE: Final = timedelta(seconds=60)
"""An unreadable receipt younger than this may still be in the writing. Source: house rule."""


@dataclass(frozen=True, slots=True)
class DirectoryOutlet:
    """A FileOutlet (triage/ports.py) over a folder that both sides can reach.

    Used by one worker at a time for each key (outgoing rows are leased). `clock` gives aware UTC.
    """

    drop: Path
    clock: Callable[[], datetime] = lambda: datetime.now(tz=UTC)

    def deliver(self, package: Package) -> None:
        """Put the package into the drop; durable when it returns. Idempotent by key.

        A key whose package or receipt lies there already is left as it is; after a rejection it
        appears anew, so that the eAkte looks again.

        Raises:
            TryLater: `eakte.drop_missing`, `eakte.disk`.
            Refused: `eakte.checksum`, if the original isn't the one that `sha256` names.
        """
        if sha256(package.original).hexdigest() != package.sha256:
            raise Refused(
                "eakte.checksum",
                f"the original of message {package.message_id} has another sha256 than recorded",
                message_id=package.message_id,
            )
        self._check_drop()
        name = folder_name(package.key)
        try:
            self._take_back_rejected(name)
            if self._delivered(name):
                return
            (self.drop / PACKAGES).mkdir(exist_ok=True)
            sync_folder(self.drop)
            publish_folder(
                self.drop / PACKAGES / name,
                _files(package, name, self.clock()),
                by_way_of=self.drop / _BUILDING / name,
            )
        except OSError as exc:
            raise _disk(self.drop, exc) from exc

    def receipts(self) -> Iterator[Receipt]:
        """All readable receipts that aren't confirmed, by file name; then the bad ones are told.

        An unreadable receipt is put into `unlesbar/` and never stops another: the error comes
        after the last good one, once for each bad file's appearance.

        Raises:
            TryLater: `eakte.drop_missing`, `eakte.disk`.
            Unreadable: `eakte.receipt`, at the end, with the names in `details["files"]`.
        """
        self._check_drop()
        bad: list[str] = []
        try:
            for path in self._receipt_files():
                receipt = _read_receipt(path)
                if receipt is not None:
                    yield receipt
                elif self._settled(path):
                    _put_away(path, self.drop / RECEIPTS / UNREADABLE)
                    bad.append(path.name)
        except OSError as exc:
            raise _disk(self.drop, exc) from exc
        if bad:
            raise Unreadable(
                "eakte.receipt",
                f"{len(bad)} receipt(s) can't be read; see {RECEIPTS}/{UNREADABLE} in {self.drop}",
                files=tuple(bad),
            )

    def confirm(self, key: str) -> None:
        """Move the receipt of `key` to `erledigt/`. Idempotent; without a receipt nothing happens.

        Raises:
            TryLater: `eakte.drop_missing`, `eakte.disk`.
        """
        self._check_drop()
        try:
            for path in self._receipts_of(key):
                _put_away(path, self.drop / RECEIPTS / CONFIRMED)
        except OSError as exc:
            raise _disk(self.drop, exc) from exc

    def received_between(self, since: datetime, until: datetime) -> tuple[Receipt, ...]:
        """What the eAkte says it received then, confirmed or not, by key; for the daily match.

        Reads every receipt file that was written since then: for reports only.

        Raises:
            TryLater: `eakte.drop_missing`, `eakte.disk`.
        """
        self._check_drop()
        found: dict[str, Receipt] = {}
        try:
            folder = self.drop / RECEIPTS
            for path in (*self._receipt_files(), *sorted((folder / CONFIRMED).glob("*.json"))):
                written_at = datetime.fromtimestamp(path.stat().st_mtime, tz=UTC)
                receipt = _read_receipt(path) if written_at >= since else None
                if receipt and since <= _received_at(receipt, or_else=written_at) < until:
                    found.setdefault(receipt.key, receipt)
        except OSError as exc:
            raise _disk(self.drop, exc) from exc
        return tuple(found[key] for key in sorted(found))

    def _take_back_rejected(self, name: str) -> None:
        """Make room for a second delivery; a crash in between leaves what the next call ends."""
        told = self.drop / RECEIPTS / CONFIRMED / f"{name}.json"
        receipt = _read_receipt(told) if told.is_file() else None
        if receipt is None or receipt.accepted:
            return
        package, out = self.drop / PACKAGES / name, self.drop / _BUILDING / name
        if package.exists():
            clear_folder(out)
            out.parent.mkdir(exist_ok=True)
            package.rename(out)
        _put_away(told, self.drop / RECEIPTS / CONFIRMED / REJECTED)

    def _check_drop(self) -> None:
        if not self.drop.is_dir():
            raise TryLater(
                "eakte.drop_missing",
                f"{self.drop} is not there; mount or create the folder of the eAkte",
                path=str(self.drop),
            )

    def _delivered(self, name: str) -> bool:
        receipts = self.drop / RECEIPTS
        return (
            (self.drop / PACKAGES / name).exists()
            or (receipts / f"{name}.json").exists()
            or (receipts / CONFIRMED / f"{name}.json").exists()
        )

    def _receipt_files(self) -> list[Path]:
        return sorted(path for path in (self.drop / RECEIPTS).glob("*.json") if path.is_file())

    def _receipts_of(self, key: str) -> list[Path]:
        """The file named after the key, as a rule; else whichever file speaks of the key."""
        expected = self.drop / RECEIPTS / f"{folder_name(key)}.json"
        candidates = [expected] if expected.is_file() else self._receipt_files()
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
    """The bytes of a receipt file, as the eAkte writes it; read back by `DirectoryOutlet`."""
    return _json(
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


def _files(package: Package, name: str, created_at: datetime) -> dict[str, bytes]:
    files = {
        original_name(package.key): package.original,
        METADATA: _json(_metadata(package)),
        "xdomea.xml": message(package, folder=name, created_at=created_at),
    }
    sums = "".join(f"{sha256(data).hexdigest()}  {file}\n" for file, data in files.items())
    return files | {SUMS: sums.encode("ascii")}


def _metadata(package: Package) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "key": package.key,
        "message_id": package.message_id,
        "original": {
            "name": original_name(package.key),
            "sha256": package.sha256,
            "size_bytes": len(package.original),
        },
        "received_at": package.received_at,
        "agency": {"code": package.agency_code, "name": package.agency_name},
        "kundennummer": package.kundennummer,
        "concerns": list(package.concerns),
        "attachments": [
            {"name": name, "content_type": kind, "size_bytes": size_bytes, "path": path}
            for name, kind, size_bytes, path in package.attachments
        ],
        "metadata": package.metadata,
    }


def _json(value: dict[str, Any]) -> bytes:
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


def _disk(drop: Path, exc: OSError) -> TryLater:
    return TryLater("eakte.disk", f"{drop}: {exc.strerror}; check rights and space", path=str(drop))
