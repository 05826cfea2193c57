"""Mail of a postbox that came another way before: the same mail with other line ends.

A mail is known by its bytes. Where a Maildir is served by IMAP from today on, or back, or where an
archive was filled in, each of the mails comes with other line ends, and would be a second one. So
what is read out of such a postbox is named by the fingerprint that the ledger has of it, wherever
that is asked for; what is kept are the bytes that came. In a postbox that was always served one
way, without an archive, nothing of this is done, but for large mail (same_head.py).
Source: own decisions 0126, 0132.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from rules.errors import Refused, Unreadable
from rules.postbox import Fetched, Place, TooLarge
from store.mails import originals, same_mail
from store.mails.same_mail import Known
from store.places import sightings
from triage.house import House
from triage.known import same_head
from triage.known.connection_notes import ConnectionNotes
from triage.known.same_head import with_lf
from triage.ports import INBOX, Postbox

PIECE_BYTES: Final = 1024 * 1024


def name(mail: Fetched | TooLarge) -> str:
    """The fingerprint by which the ledger knows the mail, or will know it."""
    return mail.known_as or originals.fingerprint(mail.kept)


def fetch(
    house: House, box: Postbox, folder: str, epoch: str, uids: tuple[str, ...]
) -> Iterator[Fetched | TooLarge]:
    """As `Postbox.fetch`; what the ledger knows with other line ends says so.

    Raises: TryLater, Conflict, Refused: as the postbox. TryLater: `store.away`.
    """
    given: set[int] = set()
    asked = None
    for mail in box.fetch(folder, epoch, uids):
        asked = _came_another_way(house, box, epoch) if asked is None else asked
        if asked or same_head.may_be_known(mail):
            yield _as_known(house, box, mail, given, is_other_way=asked)
        else:
            yield mail


def remove(house: House, box: Postbox, place: Place, sha256: str) -> bool:
    """As `Postbox.remove`, also where the mail has other line ends by now.

    Raises: TryLater, Conflict, Refused: as the postbox.
    """
    if box.remove(place, sha256):
        return True
    found = fetch(house, box, place.folder, place.epoch, (place.uid,))
    own = [originals.fingerprint(mail.kept) for mail in found if mail.known_as == sha256]
    return bool(own) and box.remove(place, own[0])


def _came_another_way(house: House, box: Postbox, epoch: str) -> bool:
    """Asked once for each connection, or for each reading where a postbox has none.

    All mail comes through the INBOX. An archive is asked for in each reading: another process may
    fill one in while the connection lasts.
    """
    notes = ConnectionNotes.of(box)
    noted = notes.came_another_way()
    if noted:
        return True
    with house.db.read() as tx:
        if noted is None:
            noted = same_mail.came_another_way(tx, box.name, folder=INBOX, epoch=epoch)
            notes.note_came_another_way(came=noted)
        return noted or same_mail.has_archive(tx, box.name)


def _as_known(
    house: House, box: Postbox, mail: Fetched | TooLarge, given: set[int], *, is_other_way: bool
) -> Fetched | TooLarge:
    own = originals.fingerprint(mail.kept)
    bare = with_lf(mail.kept) if is_other_way else b""
    hashes = {own, originals.fingerprint(bare), _with_crlf(bare)} if is_other_way else {own}
    with house.db.read() as tx:
        known = same_mail.of_bytes(tx, box.name, hashes=hashes)
    if isinstance(mail, TooLarge):
        known = tuple(one for one in known if _may_be(mail, one, own=own))
    if not known and is_other_way:
        known = _of_mixed_ends(house, box, mail, bare)
    if same_head.may_be_known(mail):
        found = {one.id: one for one in (*known, *same_head.known(house, box.name, mail))}
        known = tuple(one for _, one in sorted(found.items()))
    if any(one.sha256 != own for one in known):
        chosen = _chosen(house, box, mail.place, known, own=own, given=given)
        return mail if chosen == own else replace(mail, known_as=chosen)
    return mail


def _with_crlf(bare: bytes) -> str:
    """The fingerprint of that form, a piece at a time: one more copy of 60 MB is not made."""
    digest = hashlib.sha256()
    for start in range(0, len(bare), PIECE_BYTES):
        digest.update(bare[start : start + PIECE_BYTES].replace(b"\n", b"\r\n"))
    return digest.hexdigest()


def _may_be(mail: TooLarge, one: Known, *, own: str) -> bool:
    """Of another head its size tells what it can: each line has one byte more with CRLF."""
    less, more = sorted((mail.size_bytes, one.size_bytes))
    return one.sha256 == own or less < more <= 2 * less


def _of_mixed_ends(
    house: House, box: Postbox, mail: Fetched | TooLarge, bare: bytes
) -> tuple[Known, ...]:
    """Messages kept with some lines of this end and some of that, which no fingerprint finds."""
    if isinstance(mail, TooLarge):
        return ()
    with house.db.read() as tx:
        largest = len(bare) + bare.count(b"\n")
        known = same_mail.of_arrival(
            tx, box.name, at=mail.received_at, smallest=len(bare), largest=largest
        )
        packed = originals.packed_many(tx, (one.sha256 for one in known))
    found = []
    for one in known:
        try:
            data = originals.unpacked(packed[one.sha256], one.sha256)
        except Unreadable:
            continue
        if data is not None and with_lf(data) == bare:
            found.append(one)
    return tuple(found)


def _chosen(
    house: House, box: Postbox, place: Place, known: Sequence[Known], *, own: str, given: set[int]
) -> str:
    """The SHA-256 of that of the messages which the mail is.

    That is the owner of the place, else the oldest that lies nowhere. Where all lie elsewhere it is
    a copy, known by its own bytes if any message has these. `given` are the messages that were
    chosen in this reading; this one is added.
    """
    hashes = {one.sha256 for one in known}
    if len(hashes) == 1:
        return known[0].sha256
    with house.db.read() as tx:
        owner = same_mail.owner(tx, box.name, place=place)
        lying = sightings.lying(tx, [one.id for one in known])
    at_home = [one for one in known if one.id == owner]
    nowhere = (
        one
        for one in known
        if one.id not in given and not any(_lies(box, at) for at in lying.get(one.id, ()))
    )
    found = at_home[0] if at_home else next(nowhere, None)
    if found is None:
        return own if own in hashes else known[0].sha256
    given.add(found.id)
    return found.sha256


def _lies(box: Postbox, place: Place) -> bool:
    try:
        view = box.view(place.folder)
    except Refused:
        return False
    return view.epoch == place.epoch and place.uid in view.uids
