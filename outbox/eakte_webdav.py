"""Hands mail over to the eAkte by WebDAV: the drop's folder on a server, one ZIP a package.

    url/neu/<key>.<random>.zip   in the writing; nobody's to read
        pakete/<key>.zip         one hand-over: appears by MOVE, after its bytes were read back
        quittungen/              receipts, as in the folder (receipt_folder.py)

The base is never made here. Source: own decision 0065.
"""

import re
import secrets
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath
from typing import Final

from outbox import eakte, package_zip, receipt_paper
from outbox.dav import PACKAGE_BYTES, Dav, Entry
from outbox.eakte import PACKAGES
from outbox.line import Line
from outbox.receipt_folder import CONFIRMED, RECEIPTS, REJECTED, UNKNOWN, UNREADABLE, folder_name
from outbox.receipt_paper import PAPER_BYTES, SUFFIXES
from rules.errors import HouseError, TryLater, Unreadable
from rules.handover import Arrival, Package, Paper, Receipt

DRAFTS: Final = "neu"

_CONFIRMED: Final = f"{RECEIPTS}/{CONFIRMED}"
_REJECTED: Final = f"{_CONFIRMED}/{REJECTED}"
_SETTLE: Final = timedelta(seconds=60)
"""As in the folder: an unreadable receipt younger than this may still be in the writing."""
_LONG: Final = timedelta(seconds=60)
"""Far below the claim of a row (triage/send.py): in less, nobody else can have delivered it."""
_CUT: Final = frozenset({"eakte.away", "eakte.tls"})
"""Codes of a line that no other file would come through either."""
_DOUBLES: Final = 100
"""So many papers of one name are put away side by side. House rule."""


@dataclass(frozen=True, slots=True)
class WebdavOutlet:
    """A FileOutlet (triage/ports.py). Without state: safe to share between threads."""

    line: Line
    clock: Callable[[], datetime] = lambda: datetime.now(tz=UTC)

    def deliver(self, package: Package) -> None:
        """Put the package there, whole; proven when it returns. Idempotent by key.

        Two workers at once write two drafts, and one of them becomes the package.

        Raises:
            TryLater: `eakte.away`, `eakte.tls`, `eakte.later`, `eakte.door`, `eakte.redirect`,
                `eakte.drop_missing`, `eakte.not_whole`.
            Refused: `eakte.refused`, `eakte.checksum`.
        """
        eakte.require_same_bytes(package)
        dav, name, begun = self._dav, folder_name(package.key), self.clock()
        dav.require_base()
        if self._is_answered(name, is_again=package.was_rejected) or self._lies_whole(name):
            return
        data = package_zip.packed(eakte.package_files(package, name))
        draft = f"{name}.{secrets.token_hex(4)}.zip"
        try:
            self._publish(name, draft, data, begun=begun)
        except HouseError:
            # A server without room would have less for the next try.
            with suppress(HouseError):
                dav.remove(DRAFTS, draft)
            raise

    def _publish(self, name: str, draft: str, data: bytes, *, begun: datetime) -> None:
        """Write the draft, read it back, and let it appear as the package."""
        dav = self._dav
        dav.put_new(DRAFTS, draft, data)
        if dav.read(DRAFTS, draft, limit_bytes=PACKAGE_BYTES) != data:
            raise _not_whole()
        if self.clock() - begun >= _LONG and self._is_told(name):
            self._clear_drafts(name)
            return
        moved = dav.move(DRAFTS, draft, to=(PACKAGES, f"{name}.zip"))
        there = dav.read(PACKAGES, f"{name}.zip", limit_bytes=PACKAGE_BYTES)
        # Gone right after our own move: the eAkte has fetched it.
        if not (moved if there is None else package_zip.is_whole(there)):
            raise _not_whole()
        self._clear_drafts(name)

    def receipts(self) -> Iterator[Paper]:
        """All readable papers that aren't confirmed, by file name; then the bad ones are told.

        A file that the server doesn't give or move stops no other.

        Raises:
            TryLater, Refused: as `deliver`; where the line is cut, at once.
            Unreadable: `eakte.receipt`, with the names in `details["files"]`; `eakte.answer`.
        """
        self._dav.require_base()
        bad: list[str] = []
        failed: HouseError | None = None
        for entry in self._papers_in(RECEIPTS):
            paper = None
            try:
                is_there, paper = self._read(RECEIPTS, entry)
                if paper is None and is_there and self.clock() - entry.changed_at >= _SETTLE:
                    self._put_away(entry.name, UNREADABLE, as_name=entry.name)
                    bad.append(entry.name)
            except HouseError as exc:
                if exc.code in _CUT:
                    raise
                failed = failed or exc
            if paper is not None:
                yield paper
        if failed is not None and not bad:
            raise failed
        if bad:
            raise Unreadable(
                "eakte.receipt",
                f"{len(bad)} receipt(s) can't be read; see {RECEIPTS}/{UNREADABLE} there",
                files=tuple(bad),
            )

    def received_between(self, since: datetime, until: datetime) -> tuple[Receipt, ...]:
        """For the daily match, by key; raises as `receipts`."""
        found: dict[str, Receipt] = {}
        for folder in (RECEIPTS, _CONFIRMED, f"{RECEIPTS}/{UNKNOWN}"):
            for entry in self._papers_in(folder):
                paper = self._read(folder, entry)[1] if entry.changed_at >= since else None
                if not isinstance(paper, Receipt):
                    continue
                if since <= receipt_paper.written_at(paper, or_else=entry.changed_at) < until:
                    found.setdefault(paper.key, paper)
        return tuple(found[key] for key in sorted(found))

    def told(self, keys: Collection[str], *, since: datetime) -> tuple[Receipt, ...]:  # noqa: ARG002 - found by name
        """What lies there of these keys, also put away; raises as `receipts`."""
        self._dav.require_base()
        return receipt_paper.answers_to(keys, self._put_away_for)

    def _put_away_for(self, key: str) -> Iterator[Paper | None]:
        for folder in (_CONFIRMED, f"{RECEIPTS}/{UNKNOWN}"):
            for suffix in SUFFIXES:
                yield self._paper(folder, f"{folder_name(key)}{suffix}")

    def confirm(self, paper: Paper) -> None:
        """Move that paper to `erledigt/`, named by its key. Idempotent; raises as `deliver`."""
        self._move(paper, CONFIRMED)

    def set_aside(self, paper: Paper) -> None:
        """Move it to `unbekannt/`; raises as `deliver`."""
        self._move(paper, UNKNOWN)

    def holds(self, key: str) -> bool:
        """Whether package, draft or a paper of that hand-over lies there; raises as `deliver`."""
        return any(True for _ in self._of(folder_name(key)))

    def discard(self, key: str) -> bool:
        """Remove them; the papers first, as in the folder. Idempotent; raises as `deliver`."""
        found = [self._dav.remove(folder, name) for folder, name in self._of(folder_name(key))]
        return any(found)

    def probe(self) -> None:
        """Look whether the base is there, and read nothing: for the doctor. Raises as `deliver`."""
        self._dav.require_base()

    @property
    def _dav(self) -> Dav:
        return Dav(self.line, self.clock)

    def _lies_whole(self, name: str) -> bool:
        """Whether the package lies there whole; what a cut MOVE left half is taken away."""
        there = self._dav.read(PACKAGES, f"{name}.zip", limit_bytes=PACKAGE_BYTES)
        if there is None:
            return False
        if package_zip.is_whole(there):
            self._clear_drafts(name)
            return True
        self._dav.remove(PACKAGES, f"{name}.zip")
        return False

    def _clear_drafts(self, name: str) -> None:
        """Those of workers that died; one that lives finds the package in its place."""
        for entry in self._dav.files(DRAFTS):
            if entry.name.startswith(f"{name}."):
                self._dav.remove(DRAFTS, entry.name)

    def _is_told(self, name: str) -> bool:
        """Whether a receipt came while we were writing: another worker was faster with our row."""
        places = ((at, f"{name}{suffix}") for at in (RECEIPTS, _CONFIRMED) for suffix in SUFFIXES)
        return any(self._dav.is_there(folder, paper) for folder, paper in places)

    def _is_answered(self, name: str, *, is_again: bool) -> bool:
        """Whether a receipt lies there. After a confirmed rejection: no, and room is made.

        So `is_again` after an acceptance that we did not take.

        A crash while room is made leaves what the next call ends.
        """
        told = {
            (folder, suffix): paper.accepted
            for folder in (RECEIPTS, _CONFIRMED)
            for suffix in SUFFIXES
            if isinstance(paper := self._paper(folder, f"{name}{suffix}"), Receipt)
        }
        rejected = [where for where, accepted in told.items() if is_again or not accepted]
        if len(rejected) < len(told) or any(folder == RECEIPTS for folder, _ in told):
            return True
        if rejected:
            self._dav.remove(PACKAGES, f"{name}.zip")
        for folder, suffix in rejected:
            self._free_move((folder, f"{name}{suffix}"), _REJECTED, f"{name}{suffix}")
        return False

    def _papers_in(self, folder: str) -> Iterator[Entry]:
        return (one for one in self._dav.files(folder) if one.name.endswith(SUFFIXES))

    def _read(self, folder: str, entry: Entry) -> tuple[bool, Paper | None]:
        """Whether the file is still there, and the paper if it can be read."""
        try:
            data = self._dav.read(folder, entry.name, limit_bytes=PAPER_BYTES)
        except Unreadable:
            return True, None
        return data is not None, None if data is None else receipt_paper.read(data)

    def _paper(self, folder: str, name: str) -> Paper | None:
        return self._read(folder, Entry(name, self.clock()))[1]

    def _move(self, paper: Paper, place: str) -> None:
        name = folder_name(paper.key)
        part = ".eingang" if isinstance(paper, Arrival) else ""
        for entry in self._papers_in(RECEIPTS):
            if self._paper(RECEIPTS, entry.name) == paper:
                suffix = PurePosixPath(entry.name).suffix
                self._put_away(entry.name, place, as_name=f"{name}{part}{suffix}")

    def _put_away(self, name: str, place: str, *, as_name: str) -> None:
        self._free_move((RECEIPTS, name), f"{RECEIPTS}/{place}", as_name)

    def _free_move(self, source: tuple[str, str], folder: str, as_name: str) -> None:
        """Move a file beside what lies there under the same name."""
        stem, suffix = as_name[: as_name.rindex(".")], as_name[as_name.rindex(".") :]
        names = (as_name, *(f"{stem}.{number}{suffix}" for number in range(2, _DOUBLES)))
        for free in names:
            if self._dav.move(*source, to=(folder, free)) or not self._dav.is_there(*source):
                return

    def _of(self, name: str) -> Iterator[tuple[str, str]]:
        """Folder and name of all that lies there of one hand-over, papers first."""
        self._dav.require_base()
        ours = re.compile(
            re.escape(name) + r"(\.eingang|\.[0-9a-f]{8})?(\.[0-9]+)?\.(json|xml|zip)", re.ASCII
        )
        for folder in (RECEIPTS, _CONFIRMED, _REJECTED, PACKAGES, DRAFTS):
            for entry in self._dav.files(folder):
                if ours.fullmatch(entry.name):
                    yield folder, entry.name


def _not_whole() -> TryLater:
    return TryLater("eakte.not_whole", "the eAkte's server keeps other bytes than were sent")
