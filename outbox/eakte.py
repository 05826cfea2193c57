"""Hands payment-relevant mail over to the eAkte through a shared folder, and reads its receipts.

    drop/pakete/<key>/       one hand-over, appears at once and complete:
         <id>_original.eml   the mail, byte for byte
         metadaten.json      who, what about, which attachments, why
         xdomea.xml          the same for XDOMEA readers
         SHA256SUMS          checksums of the three (`sha256sum -c SHA256SUMS`)
    drop/quittungen/*        receipts as JSON, or XDOMEA answers (receipt_folder.py)

`drop` itself is never made here: where a mount is missing, a folder of the same name on the
local disk would take the files in and nobody would see them.
Source: Weisung 202001001 no. 2.4 a 5; KEBest DA 6.3 and VV-ZBR BHO no. 4.7 (complete, unaltered,
traceable, acknowledged).
"""

import secrets
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from outbox.durable import build_folder, clear_folder, remove_file, remove_folder, sync_folder
from outbox.package_zip import SUMS
from outbox.receipt_folder import ReceiptFolder, as_json, folder_name
from outbox.xdomea import message, original_name
from rules.errors import Refused
from rules.handover import Package, Paper, Receipt

PACKAGES: Final = "pakete"
METADATA: Final = "metadaten.json"
FORMAT: Final = "postlotse-paket-1"

_BUILDING: Final = ".neu"


@dataclass(frozen=True, slots=True)
class DirectoryOutlet:
    """A FileOutlet (triage/ports.py) over a folder that both sides can reach.

    Rows are claimed, but a worker that stood still for longer than its claim goes on beside the
    next one: each builds a draft of its own, and one of them becomes the package. `clock` gives
    aware UTC.
    """

    drop: Path
    clock: Callable[[], datetime] = lambda: datetime.now(tz=UTC)

    def deliver(self, package: Package) -> None:
        """Put the package into the drop; durable when it returns. Idempotent by key.

        A key whose package or receipt lies there already is left as it is; after a rejection, by
        the eAkte or of its receipt by us, it appears anew, so that the eAkte looks again.

        Raises:
            TryLater: `eakte.drop_missing`, `eakte.disk`.
            Refused: `eakte.checksum`, if the original isn't the one that `sha256` names.
        """
        require_same_bytes(package)
        self._receipts.check_drop()
        name = folder_name(package.key)
        try:
            self._take_back_rejected(name, is_again=package.was_rejected)
            if not self._delivered(name):
                self._publish(package, name)
            self._clear_drafts(name)
        except OSError as exc:
            raise self._receipts.disk(exc) from exc

    def receipts(self) -> Iterator[Paper]:
        """All readable papers that aren't confirmed; raises as `ReceiptFolder.read`."""
        return self._receipts.read()

    def told(self, keys: Collection[str], *, since: datetime) -> tuple[Receipt, ...]:  # noqa: ARG002 - found by name
        """What lies there of these keys, also put away; raises as `ReceiptFolder.told`."""
        return self._receipts.told(keys)

    def confirm(self, paper: Paper) -> None:
        """Move the paper to `erledigt/`; raises as `ReceiptFolder.confirm`."""
        self._receipts.confirm(paper)

    def set_aside(self, paper: Paper) -> None:
        """Move it to `unbekannt/`; raises as `ReceiptFolder.confirm`."""
        self._receipts.set_aside(paper)

    def received_between(self, since: datetime, until: datetime) -> tuple[Receipt, ...]:
        """For the daily match; raises as `ReceiptFolder.between`."""
        return self._receipts.between(since, until)

    def holds(self, key: str) -> bool:
        """Whether package, its draft or a receipt of that hand-over lies in the drop.

        Raises:
            TryLater: `eakte.drop_missing`, `eakte.disk`.
        """
        self._receipts.check_drop()
        name = folder_name(key)
        try:
            lying = (self.drop / PACKAGES / name).exists() or any(True for _ in self._drafts(name))
            return lying or bool(self._receipts.papers(name))
        except OSError as exc:
            raise self._receipts.disk(exc) from exc

    def discard(self, key: str) -> bool:
        """Remove package, draft and receipts of a hand-over; durable when it returns.

        The caller knows that the eAkte has answered. The receipt goes first: where the package
        stays because of a crash, the next call finds it. False if nothing lay there. Idempotent.

        Raises:
            TryLater: `eakte.drop_missing`, `eakte.disk`.
        """
        self._receipts.check_drop()
        name = folder_name(key)
        try:
            found = [remove_file(path) for path in self._receipts.papers(name)]
            folders = (self.drop / PACKAGES / name, *self._drafts(name))
            found += [remove_folder(folder) for folder in folders]
        except OSError as exc:
            raise self._receipts.disk(exc) from exc
        return any(found)

    def probe(self) -> None:
        """Look whether the drop is there. Raises: TryLater: `eakte.drop_missing`."""
        self._receipts.check_drop()

    @property
    def _receipts(self) -> ReceiptFolder:
        return ReceiptFolder(self.drop, "eakte", self.clock)

    def _publish(self, package: Package, name: str) -> None:
        """Let the package appear with all its files at once."""
        (self.drop / PACKAGES).mkdir(exist_ok=True)
        sync_folder(self.drop)
        draft = self.drop / _BUILDING / f"{name}.{secrets.token_hex(4)}"
        build_folder(draft, package_files(package, name))
        # Another worker may have handed it over meanwhile, and the eAkte taken it away.
        if not self._delivered(name):
            draft.rename(self.drop / PACKAGES / name)
            sync_folder(self.drop / PACKAGES)

    def _drafts(self, name: str) -> Iterator[Path]:
        """Of this worker, of others, and of those that died. A name has no dot (receipt_folder)."""
        building = self.drop / _BUILDING
        yield from (at for at in (building / name, *building.glob(f"{name}.*")) if at.exists())

    def _clear_drafts(self, name: str) -> None:
        """A worker that is still building one finds the package in its place."""
        for draft in tuple(self._drafts(name)):
            remove_folder(draft)

    def _take_back_rejected(self, name: str, *, is_again: bool) -> None:
        """Make room for a second delivery; a crash in between leaves what the next call ends."""
        told = self._receipts
        if not (told.is_rejected(name) or (is_again and told.is_confirmed(name))):
            return
        package, out = self.drop / PACKAGES / name, self.drop / _BUILDING / name
        if package.exists():
            clear_folder(out)
            out.parent.mkdir(exist_ok=True)
            package.rename(out)
        self._receipts.forget_rejection(name)

    def _delivered(self, name: str) -> bool:
        return (self.drop / PACKAGES / name).exists() or self._receipts.is_answered(name)


def require_same_bytes(package: Package) -> None:
    """Pass if the original is the one that was recorded. Raises: Refused: `eakte.checksum`."""
    if sha256(package.original).hexdigest() != package.sha256:
        raise Refused(
            "eakte.checksum",
            f"the original of message {package.message_id} has another sha256 than recorded",
            message_id=package.message_id,
        )


def package_files(package: Package, name: str) -> dict[str, bytes]:
    """The four files by name, the checksums last; the same package, the same bytes."""
    created_at = datetime.fromisoformat(package.ordered_at)
    files = {
        original_name(package.key): package.original,
        METADATA: as_json(_metadata(package)),
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
