"""Receipts in a folder that both sides can reach; written by the receiver, read by us.

    drop/quittungen/*.json   receipts, written under another name, then renamed
                    *.xml    XDOMEA answers 0629 and 0630, likewise
         erledigt/           receipts that are in our database, named by their key
         erledigt/abgelehnt/ rejections after which we delivered again
         unlesbar/           receipts that nobody can read, kept for a person
         unbekannt/          receipts for nothing that we handed over, kept for a person

The same for the eAkte and for receivers of tasks (docs/handover.md). Source: own decision 0058.
"""

import errno
import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from outbox import receipt_paper
from outbox.durable import sync_folder
from outbox.receipt_paper import PAPER_BYTES, SUFFIXES
from rules.errors import TryLater, Unreadable
from rules.handover import Arrival, Paper, Receipt

RECEIPTS: Final = "quittungen"
CONFIRMED: Final = "erledigt"
REJECTED: Final = "abgelehnt"
UNREADABLE: Final = "unlesbar"
UNKNOWN: Final = "unbekannt"

_SAFE_KEY: Final = re.compile(r"[a-z0-9][a-z0-9_-]{3,61}[a-z0-9]", re.ASCII)
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
                f"{self.drop} is not there, or no folder; mount or create the receiver's",
                path=str(self.drop),
            )

    def read(self) -> Iterator[Paper]:
        """All readable papers that aren't confirmed, by file name; then the bad ones are told.

        An unreadable receipt is put into `unlesbar/` and never stops another, nor does a file that
        the disk doesn't give or move: the error comes after the last good one, of a bad file once.

        Raises:
            TryLater: `eakte.drop_missing`, `eakte.disk`, and the same of `task`.
            Unreadable: `eakte.receipt`, `task.receipt`, at the end, with the names in
                `details["files"]`.
        """
        self.check_drop()
        bad: list[str] = []
        failed: OSError | None = None
        for path in self._listed():
            paper = None
            try:
                paper = _read(path)
                if paper is None and self._settled(path):
                    _put_away(path, self.drop / RECEIPTS / UNREADABLE)
                    bad.append(path.name)
            except FileNotFoundError:
                continue  # another worker has just put it away
            except OSError as exc:
                failed = failed or exc
            if paper is not None:
                yield paper
        if failed is not None and not bad:
            raise self.disk(failed) from failed
        if bad:
            raise Unreadable(
                f"{self.owner}.receipt",
                f"{len(bad)} receipt(s) can't be read; see {RECEIPTS}/{UNREADABLE} in {self.drop}",
                files=tuple(bad),
            )

    def confirm(self, paper: Paper) -> None:
        """Move that paper to `erledigt/`, named by its key. Idempotent; none there, no harm.

        Raises:
            TryLater: `eakte.drop_missing`, `eakte.disk`, and the same of `task`.
        """
        self._move(paper, CONFIRMED)

    def set_aside(self, paper: Paper) -> None:
        """Move a paper for nothing that we handed over to `unbekannt/`; raises as `confirm`."""
        self._move(paper, UNKNOWN)

    def between(self, since: datetime, until: datetime) -> tuple[Receipt, ...]:
        """What the receiver says it received then, confirmed or not, by key.

        Reads every receipt file that was written since then: for reports only.

        Raises:
            TryLater: `eakte.drop_missing`, `eakte.disk`, and the same of `task`.
        """
        self.check_drop()
        found: dict[str, Receipt] = {}
        try:
            receipts = self.drop / RECEIPTS
            for path in (*self._files(), *_in(receipts / CONFIRMED), *_in(receipts / UNKNOWN)):
                stamp = datetime.fromtimestamp(path.stat().st_mtime, tz=UTC)
                paper = _read(path) if stamp >= since else None
                if not isinstance(paper, Receipt):
                    continue
                if since <= receipt_paper.written_at(paper, or_else=stamp) < until:
                    found.setdefault(paper.key, paper)
        except OSError as exc:
            raise self.disk(exc) from exc
        return tuple(found[key] for key in sorted(found))

    def told(self, keys: Collection[str]) -> tuple[Receipt, ...]:
        """The receipts of these keys that were put away, one each at most: an acceptance if any.

        Raises:
            TryLater: `eakte.drop_missing`, `eakte.disk`, and the same of `task`.
        """
        self.check_drop()
        try:
            return receipt_paper.answers_to(keys, self._put_away_for)
        except OSError as exc:
            raise self.disk(exc) from exc

    def _put_away_for(self, key: str) -> Iterator[Paper | None]:
        for place in (CONFIRMED, UNKNOWN):
            for suffix in SUFFIXES:
                path = self.drop / RECEIPTS / place / f"{folder_name(key)}{suffix}"
                if path.is_file():
                    yield _read(path)

    def is_answered(self, name: str) -> bool:
        """Whether a receipt of this name lies there, confirmed or not."""
        receipts = self.drop / RECEIPTS
        return any(
            (at / f"{name}{suffix}").exists()
            for at in (receipts, receipts / CONFIRMED)
            for suffix in SUFFIXES
        )

    def is_confirmed(self, name: str) -> bool:
        """Whether a receipt of this name is in our database, and no newer one lies there."""
        newer = [self.drop / RECEIPTS / f"{name}{suffix}" for suffix in SUFFIXES]
        return bool(self._confirmed(name)) and not any(path.exists() for path in newer)

    def is_rejected(self, name: str) -> bool:
        """Whether the confirmed receipt of this name is a rejection. Raises: OSError."""
        told = [_read(path) for path in self._confirmed(name)]
        answers = [one.accepted for one in told if isinstance(one, Receipt)]
        return bool(answers) and not any(answers)

    def papers(self, name: str) -> list[Path]:
        """All papers of this name, also those put away, with their numbered doubles.

        For deletion. Raises: OSError.
        """
        receipts = self.drop / RECEIPTS
        folders = (receipts, receipts / CONFIRMED, receipts / CONFIRMED / REJECTED)
        ours = re.compile(re.escape(name) + r"(\.eingang)?(\.[0-9]+)?\.(json|xml)", re.ASCII)
        return [path for at in folders for path in _in(at) if ours.fullmatch(path.name)]

    def forget_rejection(self, name: str) -> None:
        """Lay the rejection beside, before the same is delivered again. Raises: OSError."""
        for path in self._confirmed(name):
            _put_away(path, self.drop / RECEIPTS / CONFIRMED / REJECTED)

    def refuse(self, paper: Paper) -> None:
        """Put a receipt that must not count to the unreadable ones. Raises: as `confirm`."""
        self._move(paper, UNREADABLE)

    def disk(self, exc: OSError) -> TryLater:
        """The error to raise where the disk refused."""
        remedy = "check rights and space"
        if exc.errno == errno.EXDEV:
            remedy = f"all folders of {self.drop} must lie on one disk"
        elif exc.errno in {errno.ENOTDIR, errno.EEXIST}:
            remedy = "it must be a folder; move the file away"
        return TryLater(
            f"{self.owner}.disk",
            f"{exc.filename or self.drop}: {exc.strerror}; {remedy}",
            path=str(self.drop),
        )

    def _listed(self) -> list[Path]:
        """Raises: TryLater: as `disk`."""
        try:
            return self._files()
        except OSError as exc:
            raise self.disk(exc) from exc

    def _files(self) -> list[Path]:
        return _in(self.drop / RECEIPTS)

    def _confirmed(self, name: str) -> list[Path]:
        told = [self.drop / RECEIPTS / CONFIRMED / f"{name}{suffix}" for suffix in SUFFIXES]
        return [path for path in told if path.is_file()]

    def _move(self, paper: Paper, place: str) -> None:
        self.check_drop()
        try:
            for path in self._of(paper):
                name = folder_name(paper.key)
                part = ".eingang" if isinstance(paper, Arrival) else ""
                new_name = f"{name}{part}{path.suffix}"
                with suppress(FileNotFoundError):  # another worker was faster
                    _put_away(path, self.drop / RECEIPTS / place, as_name=new_name)
        except OSError as exc:
            raise self.disk(exc) from exc

    def _of(self, paper: Paper) -> list[Path]:
        """The file named after the key, as a rule; else whichever file says the very same."""
        expected = self.drop / RECEIPTS / f"{folder_name(paper.key)}.json"
        if _says(expected, paper):
            return [expected]
        return [path for path in self._files() if _says(path, paper)]

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


def _in(folder: Path) -> list[Path]:
    """The papers in a folder, by name; none where nothing is of that name.

    Raises: OSError: what is there is no folder, or can't be read: it may hold receipts.
    """
    try:
        found = sorted(folder.iterdir())
    except FileNotFoundError:
        if folder.is_symlink():
            raise
        return []
    return [path for path in found if path.suffix in SUFFIXES and path.is_file()]


def _read(path: Path) -> Paper | None:
    """The paper, or None where nobody can read it. Raises: OSError."""
    with path.open("rb") as file:
        return receipt_paper.read(file.read(PAPER_BYTES + 1))


def _says(path: Path, paper: Paper) -> bool:
    try:
        return _read(path) == paper
    except FileNotFoundError:
        return False


def _put_away(path: Path, folder: Path, *, as_name: str = "") -> None:
    """Move a file into `folder`; what lies there under the same name is kept beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    target = first = folder / (as_name or path.name)
    number = 1
    while target.exists():
        number += 1
        target = first.with_name(f"{first.stem}.{number}{first.suffix}")
    path.rename(target)
    sync_folder(folder)
