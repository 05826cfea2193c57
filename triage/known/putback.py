"""Mail that people put back into the INBOX: the same message again, not a new one.

Only bytes can tell. A mail of the same bytes whose own place still holds it is a copy, and that is
kept as a message of its own: never fewer messages than mails. While a move of ours is in doubt,
filing alone decides where its mail lies, so its like waits in the INBOX until then; so it does
while its folder has new numbers that the look has not followed yet. What lies under the very number
that a filed mail left, while that one lies where it was filed, nobody put back: the server left it
there, or has it again out of a backup, and it is that mail's rest (filing/leftovers.py).
Source: imap protocol, "human moves it back" (docs/reliability.md); own decisions 0030, 0105, 0107,
0144.
"""

import itertools
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from rules.postbox import Fetched, Place, TooLarge, is_numbered
from store.acts import ops, wishes
from store.database.engine import Tx
from store.desk import items
from store.mails import ledger, verdicts
from store.places import moves, ownership, sightings
from store.places.sightings import OfBytes
from store.processes import leases
from store.processes.leases import Lease
from store.trail import audit
from triage.filing import wish
from triage.house import House
from triage.known import set_back
from triage.ports import INBOX, Postbox


@dataclass(frozen=True, slots=True)
class Rest:
    """What lies at `place` still or again though the mail of these bytes lies elsewhere."""

    place: Place
    message_id: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Sifted:
    """What became of a batch: `new` is to be kept, the others were known.

    Or they are `waiting` at these places for filing or the look at the folders.
    """

    new: list[Fetched | TooLarge]
    put_back: int = 0
    waiting: tuple[Place, ...] = ()
    rests: tuple[Rest, ...] = ()


def sift(
    house: House,
    box: Postbox,
    lease: Lease,
    batch: list[Fetched | TooLarge],
    *,
    hashes: Mapping[Place, str],
) -> Sifted:
    """Follow those of the batch that are known and lie nowhere else; tell which are new.

    `hashes` are the fingerprints of the batch. One read for most batches; the postbox is asked
    only where bytes are known already.
    Raises: TryLater: the postbox or the database is away. Conflict: `lease.lost`.
    """
    known = _known(house, box, {mail.place: hashes[mail.place] for mail in batch})
    if known is None:
        return Sifted(batch)
    owners = known.owners | _not_elsewhere(house, box, lease, known)
    where = _whereabouts(house, box, lease, known.alike)
    lying = known.alike.keys() - {*where.nowhere, *where.untold}
    rests = _rests(house, batch, owners, lying, hashes=hashes)
    strangers = _strangers(batch, owners, where.in_inbox)
    if strangers:
        _disown(house, box, lease, strangers)
    batch = [mail for mail in batch if mail.place not in rests]
    owners = {place: one for place, one in owners.items() if place not in {*rests, *strangers}}
    back = _taken_back(batch, owners, _homeless(known, where), hashes=hashes)
    if back:
        _follow(house, lease, back)
    others = [mail for mail in batch if mail.place not in back]
    doubtful = _doubtful(known, where)
    return Sifted(
        [mail for mail in others if hashes[mail.place] not in doubtful],
        put_back=len(back),
        waiting=tuple(mail.place for mail in others if hashes[mail.place] in doubtful),
        rests=tuple(rests.values()),
    )


@dataclass(frozen=True, slots=True)
class _Known:
    """What the ledger knows of a batch; messages by their id.

    `owners`: which message each place belongs to for good. `left`: which one lay there, and lies
    elsewhere by now. `moving`: whose move is in doubt. `alike`: those of the same bytes.
    """

    owners: dict[Place, int]
    left: dict[Place, int]
    moving: frozenset[int]
    alike: dict[int, OfBytes]


def _known(house: House, box: Postbox, here: Mapping[Place, str]) -> _Known | None:
    """None where the ledger knows nothing of what lies `here`, as of most batches."""
    with house.db.read() as tx:
        owners = ownership.owners(tx, box.name, found=here)
        alike = sightings.of_bytes(tx, box.name, hashes=frozenset(here.values()))
        left = ownership.left(tx, box.name, places=here)
        moving = ops.in_doubt(tx, box.name) if left else frozenset()
    return _Known(owners, left, moving, alike) if owners or alike or left else None


def _not_elsewhere(house: House, box: Postbox, lease: Lease, known: _Known) -> dict[Place, int]:
    """Those that `left` a place, but don't lie where the ledger says: they are back at it."""
    if not known.left:
        return {}
    nowhere = _whereabouts(house, box, lease, set(known.left.values()) - known.moving).nowhere
    return {place: one for place, one in known.left.items() if one in nowhere}


def _homeless(known: _Known, where: "_Whereabouts") -> dict[str, list[int]]:
    """Messages by their bytes that lie nowhere, and that no move of ours may have under way."""
    found: dict[str, list[int]] = {}
    for message_id in where.nowhere:
        one = known.alike[message_id]
        if not one.in_doubt:
            found.setdefault(one.sha256, []).append(message_id)
    return found


def _doubtful(known: _Known, where: "_Whereabouts") -> set[str]:
    """Bytes of messages of which nobody can tell yet where they lie: their like has to wait."""
    moving = {known.alike[one].sha256 for one in where.nowhere if known.alike[one].in_doubt}
    return moving | {known.alike[one].sha256 for one in where.untold}


def _rests(
    house: House,
    batch: list[Fetched | TooLarge],
    owners: Mapping[Place, int],
    lying: Collection[int],
    *,
    hashes: Mapping[Place, str],
) -> dict[Place, Rest]:
    """Those of the batch that a mail which is `lying` elsewhere left under their number.

    A twin that came later and got the number a second time has another time of arrival.
    """
    found = {
        mail.place: Rest(mail.place, owners[mail.place], hashes[mail.place])
        for mail in batch
        if is_numbered(mail.place.epoch) and owners.get(mail.place) in lying
    }
    if not found:
        return {}
    with house.db.read() as tx:
        came = {one.message_id: ledger.message(tx, one.message_id).received_at
                for one in found.values()}  # fmt: skip
    return {
        mail.place: rest
        for mail in batch
        if (rest := found.get(mail.place)) and came[rest.message_id] == mail.received_at
    }


def _strangers(
    batch: list[Fetched | TooLarge], owners: Mapping[Place, int], in_inbox: Collection[int]
) -> list[Place]:
    """Numbers of the batch whose message lies in the INBOX under another one: of another mail now.

    A message that lay there twice, before the server was set back, had two of these numbers.
    """
    found, seen = [], set(in_inbox)
    for mail in batch:
        owner = owners.get(mail.place)
        if owner is None or not is_numbered(mail.place.epoch):
            continue
        if owner in seen:
            found.append(mail.place)
        seen.add(owner)
    return found


def _disown(house: House, box: Postbox, lease: Lease, places: list[Place]) -> None:
    with house.db.write() as tx:
        leases.hold(tx, lease, now=house.clock())
        ownership.disown(tx, box.name, places=places)


def _taken_back(
    batch: list[Fetched | TooLarge],
    owners: Mapping[Place, int],
    homeless: Mapping[str, list[int]],
    *,
    hashes: Mapping[Place, str],
) -> dict[Place, int]:
    """Which message each of the batch is, where it is a known one."""
    # A place belongs to one message for good: whose it is, lies there again, and nowhere else.
    back = {mail.place: owners[mail.place] for mail in batch if mail.place in owners}
    for mail in batch:
        waiting = [i for i in homeless.get(hashes[mail.place], ()) if i not in back.values()]
        if waiting and mail.place not in back:
            back[mail.place] = waiting[0]
    return back


def _follow(house: House, lease: Lease, back: Mapping[Place, int]) -> None:
    now = house.clock()
    with house.db.write() as tx:
        leases.hold(tx, lease, now=now)
        # Before their wishes: in this order a clerk's deed has them, too.
        ledger.lock_many(tx, back.values())
        ever_lay = sightings.of_messages(tx, back.values()).keys()
        for place, message_id in back.items():
            was_nowhere = sightings.has_left(tx, message_id)
            moves.move(tx, message_id, to=place, now=now)
            action = "mail.found_again" if was_nowhere else "mail.moved_by_hand"
            welcome(tx, message_id, action, folder=place.folder, now=now)
            if message_id not in ever_lay:
                _file_as_sorted(house, tx, message_id, now=now)


def _file_as_sorted(house: House, tx: Tx, message_id: int, *, now: datetime) -> None:
    """Out of an archive, sorted before it lay anywhere: nobody put it into the INBOX by hand."""
    item, verdict = items.of_message(tx, message_id), verdicts.latest(tx, message_id)
    if item is not None:
        wish.into_folder(house, tx, item, now=now)
    elif verdict is not None:
        wishes.want(tx, message_id, dst_folder=verdict.body["folder"], now=now)


def welcome(tx: Tx, message_id: int, action: str, *, folder: str, now: datetime) -> None:
    """It lies in `folder` now, by a person's hand: out of `gone`, with its trail entry."""
    ledger.put_back(tx, message_id, now=now)
    audit.add(
        tx,
        "worker",
        action=action,
        subject=f"message:{message_id}",
        details={"folder": folder},
        at=now,
    )


@dataclass(frozen=True, slots=True)
class _Whereabouts:
    """Of messages: which are at none of their places, in their order, and which lie in the INBOX.

    Of those `untold` nobody can tell yet: the look at all folders does, where one of theirs has new
    numbers.
    """

    nowhere: list[int]
    untold: list[int]
    in_inbox: list[int]


def _whereabouts(house: House, box: Postbox, lease: Lease, known: Collection[int]) -> _Whereabouts:
    found = _Whereabouts([], [], [])
    if not known:
        return found
    places = _lying(house, known)
    if not set_back.look(house, box, lease, itertools.chain.from_iterable(places.values())).held:
        places = _lying(house, known)
    for message_id in known:
        lies = {place: _lies(box, place) for place in places.get(message_id, ())}
        if None in lies.values():
            found.untold.append(message_id)
        elif True not in lies.values():
            found.nowhere.append(message_id)
        elif any(there and place.folder == INBOX for place, there in lies.items()):
            found.in_inbox.append(message_id)
    return found


def _lying(house: House, known: Collection[int]) -> dict[int, tuple[Place, ...]]:
    with house.db.read() as tx:
        return sightings.lying(tx, known)


def _lies(box: Postbox, place: Place) -> bool | None:
    """Whether the mail is there still; a folder that was removed holds nothing.

    None: the folder has new numbers, and the look has not followed it yet.
    """
    if place.folder not in box.folders():
        return False
    view = box.view(place.folder)
    if view.epoch != place.epoch:
        # The INBOX was followed just now.
        return False if place.folder == INBOX else None
    return place.uid in view.uids
