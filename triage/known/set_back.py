"""A mail server that was set back to an older state, and gives numbers a second time.

RFC 3501 demands new numbers for all mails then; a server restored from files with its old
UIDVALIDITY does not tell. Three things do. A number that the server has not given yet by its own
account, asked at each look. The bytes under the newest known numbers, read once for each
connection, because such a server was stopped. And as mails that keep their files may change
numbers among themselves below those: the bytes under each known number, before an act relies on
it, else some in each look, the newest first. What others named is followed as after new numbers.
Source: own decisions 0105, 0107, 0112.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter

import structlog

from rules.errors import Conflict, Refused
from rules.postbox import EPOCH_CHANGED, Fetched, FolderView, Place, TooLarge, is_numbered
from store.mails import originals
from store.places import given_twice, ownership, sightings
from store.places.ownership import Lying
from store.processes import leases
from store.processes.leases import Lease
from store.trail import audit
from triage.house import House
from triage.known import same_mail
from triage.known.connection_notes import ConnectionNotes
from triage.ports import Postbox

RUN = 5
"""Neighbouring numbers that are read together: mails that were numbered in another order may leave
one of them what it was. Own decision 0107."""

_CONNECTIONS = 3
"""How many are tried in one look: a server that breaks more of them is not to be relied on.
Source: own decision 0112."""

UNREAD = "postbox.unread"
"""Why an act waits: nobody can say whether the number of its mail still names it."""

log = structlog.get_logger()
_folder_of = attrgetter("folder")


@dataclass(frozen=True, slots=True)
class Looked:
    """What a look at known places found.

    `held`: each number still names its mail. If not, the ledger was changed: read places and acts
    anew. `unread` places hold mail that can't be read just now: no act may rely on them. `closed`
    folders can't be looked at: no command may name a number there.
    """

    held: bool = True
    unread: frozenset[Place] = frozenset()
    closed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Compared:
    """Of known places: those that hold another mail, and those of which nothing came."""

    others: frozenset[Place] = frozenset()
    unread: frozenset[Place] = frozenset()


def look(house: House, box: Postbox, lease: Lease, known: Iterable[Place]) -> Looked:
    """Look at these places, and their folders, as far as nobody did on this connection.

    The answer holds for the connection that the postbox has when this returns; a driver may connect
    anew while it reads. So call it again before a command if anything was read since: as long as
    the connection is the same, that asks nothing of the server.
    Raises: TryLater: the postbox or the database is away. Conflict: `lease.lost`.
    """
    places = {place for place in known if is_numbered(place.epoch)}
    folders = {place.folder for place in places}
    for _ in range(_CONNECTIONS):
        looked = _look_once(house, box, lease, places)
        open_folders = folders - looked.closed
        if not looked.held or all(map(ConnectionNotes.of(box).is_compared, open_folders)):
            return looked
    return Looked(held=False)


def _look_once(house: House, box: Postbox, lease: Lease, places: Iterable[Place]) -> Looked:
    found = Looked()
    for folder, group in groupby(sorted(places, key=_folder_of), key=_folder_of):
        looked = _look_into(house, box, lease, folder, group)
        found = Looked(
            held=found.held and looked.held,
            unread=found.unread | looked.unread,
            closed=found.closed | looked.closed,
        )
    return found


def _look_into(
    house: House, box: Postbox, lease: Lease, folder: str, places: Iterable[Place]
) -> Looked:
    """As `look`, of one folder, which is viewed once at most. Raises: as `look`."""
    held, view = True, None
    if not ConnectionNotes.of(box).is_compared(folder):
        view = view_now(box, folder)
        if view is None or not is_numbered(view.epoch):
            return Looked(closed=frozenset({folder}))
        with house.db.read() as tx:
            uids = sightings.known_uids(tx, box.name, folder=folder, epoch=view.epoch)
        held = numbers_hold(house, box, lease, view, uids)
    unsure = list(filter(ConnectionNotes.of(box).is_unsure, places))
    if not unsure:
        return Looked(held)
    view = view or view_now(box, folder)
    found = _one_by_one(house, box, lease, view, unsure) if view else _Compared()
    return Looked(held and not found.others, found.unread)


def view_now(box: Postbox, folder: str) -> FolderView | None:
    """None: removed, or not to be read now, so no command there can be carried out."""
    try:
        return box.view(folder)
    except Refused:
        return None


def _one_by_one(
    house: House, box: Postbox, lease: Lease, view: FolderView, places: Iterable[Place]
) -> _Compared:
    """Read these, which nobody read on this connection; those that name others are let go.

    Raises: as `look`.
    """
    here = set(view.uids)
    lying = [place for place in places if place.epoch == view.epoch and place.uid in here]
    try:
        found = _compared(house, box, lying)
    except (Refused, Conflict) as exc:
        if isinstance(exc, Conflict) and exc.code != EPOCH_CHANGED:
            raise
        return _Compared()  # removed, numbered anew: no command there can be carried out
    _let_others_go(house, box, lease, view, found)
    return found


def numbers_hold(
    house: House, box: Postbox, lease: Lease, view: FolderView, known: frozenset[str]
) -> bool:
    """Whether the `known` numbers of the folder name what they named; those that don't are let go.

    Of those below the newest five `go_down` tells. Raises: as `look`.
    """
    if not is_numbered(view.epoch):
        return True
    was_set_back = not all(map(view.has_given, known.difference(view.uids)))
    if not was_set_back and ConnectionNotes.of(box).is_compared(view.folder):
        return True
    here = [uid for uid in view.uids if uid in known]
    newest = _compared(house, box, _places(view, here[-RUN:]))
    good = _still_named(house, box, view, here) if newest.others else len(here)
    held = not was_set_back and good == len(here)
    if not held:
        _let_go(house, box, lease, view, known.difference(here[:good]))
    notes = ConnectionNotes.of(box)
    notes.note_compared(view)
    # Where none was known, all that becomes known on this connection is read on it first.
    lowest = (here[-RUN:] or ["1"])[0] if held else None
    notes.note_read(view, lowest=lowest, unread=newest.unread)
    return held


def go_down(
    house: House, box: Postbox, lease: Lease, view: FolderView, known: frozenset[str], *, most: int
) -> bool:
    """Read `most` more of the `known` numbers, from those on that were read on this connection.

    False if some name other mails; these are let go. Raises: as `look`.
    """
    read_from = ConnectionNotes.of(box).read_from(view.folder)
    below = [uid for uid in view.uids if uid in known and int(uid) < read_from] if read_from else []
    if not below:
        return True
    below = below[-most:]
    found = _compared(house, box, _places(view, below))
    _let_others_go(house, box, lease, view, found)
    ConnectionNotes.of(box).note_read(view, lowest=below[0], unread=found.unread)
    return not found.others


def _places(view: FolderView, uids: Iterable[str]) -> list[Place]:
    return [Place(view.folder, view.epoch, uid) for uid in uids]


def _still_named(house: House, box: Postbox, view: FolderView, here: Sequence[str]) -> int:
    """How many of these known numbers, from the lowest on, name the mails that the ledger knows.

    By halving, in runs; the newest run names others.
    """

    def is_beyond(end: int) -> bool:
        run = _places(view, here[max(0, end - RUN) : end])
        return bool(_compared(house, box, run).others)

    return bisect_left(range(len(here) + 1), 1, key=is_beyond) - 1


def _compared(house: House, box: Postbox, places: Iterable[Place]) -> _Compared:
    """Hold what lies at these places against the ledger; what differs is read twice.

    A server that makes the bytes anew at each reading would make all differ; such ones count as
    equal. A mail that is gone proves nothing.
    """
    with house.db.read() as tx:
        known = ownership.bytes_at(tx, box.name, places=places)
    first = _read(house, box, known)
    differ = {place: known[place] for place, digest in first.items()
              if digest not in {"", known[place].sha256}}  # fmt: skip
    again = _read(house, box, differ)
    return _Compared(
        frozenset(place for place in differ if again.get(place) == first[place]),
        frozenset((known.keys() - first.keys()) | (differ.keys() - again.keys())),
    )


def _read(house: House, box: Postbox, known: Mapping[Place, Lying]) -> dict[Place, str]:
    """What lies at these places, by SHA-256, as `_digest`; `known` are of one folder."""
    if not known:
        return {}
    first = next(iter(known))
    uids = tuple(place.uid for place in known)
    return {
        mail.place: _digest(mail, known[mail.place])
        for mail in same_mail.fetch(house, box, first.folder, first.epoch, uids)
    }


def _digest(mail: Fetched | TooLarge, known: Lying) -> str:
    """The SHA-256 to compare with the known one; "" where only the head came: the limit fell."""
    if known.is_whole:
        return same_mail.name(mail) if isinstance(mail, Fetched) else ""
    # Its head only, also if the limit is a higher one now and the whole mail comes.
    return mail.known_as or originals.fingerprint(mail.kept[: known.kept_bytes])


def _let_others_go(
    house: House, box: Postbox, lease: Lease, view: FolderView, found: _Compared
) -> None:
    if found.others:
        _let_go(house, box, lease, view, (place.uid for place in found.others))


def _let_go(
    house: House, box: Postbox, lease: Lease, view: FolderView, uids: Iterable[str]
) -> None:
    now, folder = house.clock(), view.folder
    with house.db.write() as tx:
        leases.hold(tx, lease, now=now)
        mails = given_twice.let_go(tx, box.name, folder=folder, epoch=view.epoch, uids=uids)
        audit.add(
            tx,
            "worker",
            action="postbox.set_back",
            subject=f"postbox:{box.name}",
            details={"folder": folder, "mails": mails},
            at=now,
        )
    log.warning("postbox.set_back", postbox=box.name, folder=folder, mails=mails)
