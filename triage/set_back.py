"""A mail server that was set back to an older state, and gives numbers a second time.

RFC 3501 demands new numbers for all mails then; a server restored from files with its old
UIDVALIDITY does not tell. Two things do: a number that the server has not given yet by its own
account, asked at each look, and the bytes under the newest known numbers, read once for each
connection, because such a server was stopped. Numbers are given in order, so below some that still
name their mails all do. What others named is followed as after new numbers.
Source: own decisions 0105, 0107.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence

import structlog

from rules.errors import Refused
from rules.postbox import Fetched, FolderView, Place, TooLarge, is_numbered
from store import audit, given_twice, leases, originals, owned, sightings
from store.leases import Lease
from store.owned import Lying
from triage.house import House
from triage.ports import Postbox

RUN = 5
"""Neighbouring numbers that are read together: mails that were numbered in another order may leave
one of them what it was. Own decision 0107."""

log = structlog.get_logger()


def look(house: House, box: Postbox, lease: Lease, known: Iterable[Place]) -> bool:
    """Look at the folders of these places that nobody looked at on this connection.

    False if numbers were given twice: then places and acts in the ledger are others than before.
    Raises: TryLater: the postbox or the database is away. Conflict: `lease.lost`.
    """
    folders = {place.folder for place in known if is_numbered(place.epoch)}
    held = True
    for folder in sorted(folders - box.checked().keys()) if folders else ():
        try:
            view = box.view(folder)
        except Refused:
            continue  # removed, or not to be read now: no command there can be carried out
        with house.db.read() as tx:
            uids = sightings.known_uids(tx, box.name, folder=folder, epoch=view.epoch)
        held &= numbers_hold(house, box, lease, view, uids)
    return held


def numbers_hold(
    house: House, box: Postbox, lease: Lease, view: FolderView, known: frozenset[str]
) -> bool:
    """Whether the `known` numbers of the folder name what they named; those that don't are let go.

    Raises: as `look`.
    """
    if not is_numbered(view.epoch):
        return True
    was_set_back = not all(map(view.has_given, known.difference(view.uids)))
    if not was_set_back and view.folder in box.checked():
        return True
    here = [uid for uid in view.uids if uid in known]
    good = _still_named(house, box, view, here)
    held = not was_set_back and good == len(here)
    if not held:
        _let_go(house, box, lease, view, known.difference(here[:good]))
    box.checked()[view.folder] = view.next_uid
    return held


def _still_named(house: House, box: Postbox, view: FolderView, here: Sequence[str]) -> int:
    """How many of these known numbers, from the lowest on, name the mails that the ledger knows."""
    if not _name_others(house, box, view, here[-RUN:]):
        return len(here)

    def is_beyond(end: int) -> bool:
        return _name_others(house, box, view, here[max(0, end - RUN) : end])

    return bisect_left(range(len(here) + 1), 1, key=is_beyond) - 1


def _name_others(house: House, box: Postbox, view: FolderView, uids: Sequence[str]) -> bool:
    """Whether one of them names another mail; not where a server writes its bytes anew each time.

    What is gone tells nothing.
    """
    places = [Place(view.folder, view.epoch, uid) for uid in uids]
    with house.db.read() as tx:
        known = owned.bytes_at(tx, box.name, places=places)
    first = _others(box, view, known)
    again = _others(box, view, {place: known[place] for place in first})
    return any(again.get(place) == digest for place, digest in first.items())


def _others(box: Postbox, view: FolderView, known: Mapping[Place, Lying]) -> dict[Place, str]:
    """What lies at these places and is another mail than was known there, by SHA-256."""
    uids = tuple(place.uid for place in known)
    read = (
        (mail.place, _digest(mail, known[mail.place]))
        for mail in (box.fetch(view.folder, view.epoch, uids) if uids else ())
    )
    return {place: digest for place, digest in read if digest not in {"", known[place].sha256}}


def _digest(mail: Fetched | TooLarge, known: Lying) -> str:
    """What is to be held against the known one; "" where the size limit is a lower one now."""
    if known.is_whole:
        return originals.fingerprint(mail.data) if isinstance(mail, Fetched) else ""
    # Its head only, also if the limit is a higher one now and the whole mail comes.
    return originals.fingerprint(mail.kept[: known.kept_bytes])


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
