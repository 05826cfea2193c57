"""Mail that people put back into the INBOX: the same message again, not a new one.

Only bytes can tell. A mail of the same bytes whose own place still holds it is a copy, and that is
kept as a message of its own: never fewer messages than mails.
Source: imap protocol, "human moves it back" (docs/reliability.md); own decision 0030.
"""

from collections.abc import Mapping
from datetime import datetime

from rules.postbox import Fetched, Place, TooLarge
from store import audit, leases, ledger, moves, sightings
from store.engine import Tx
from store.leases import Lease
from store.sightings import Sighting
from store.tables import SightingState
from triage.house import House
from triage.ports import Postbox


def take_back(
    house: House,
    box: Postbox,
    lease: Lease,
    batch: list[Fetched | TooLarge],
    *,
    hashes: Mapping[Place, str],
) -> list[Fetched | TooLarge]:
    """Follow those of the batch that are known and lie nowhere else; the others, for keeping.

    `hashes` are the fingerprints of the batch. One read for most batches; the postbox is asked
    only where bytes are known already.
    Raises: TryLater: the postbox or the database is away. Conflict: `lease.lost`.
    """
    with house.db.read() as tx:
        owned = sightings.owners(tx, box.name, places=tuple(hashes))
    homeless = _homeless(house, box, hashes=frozenset(hashes.values()))
    if not homeless and not owned:
        return batch
    now = house.clock()
    # A place belongs to one message for good: whose it is, lies there again, and nowhere else.
    back = {mail.place: owned[mail.place] for mail in batch if mail.place in owned}
    for mail in batch:
        waiting = [i for i in homeless.get(hashes[mail.place], ()) if i not in back.values()]
        if waiting and mail.place not in back:
            back[mail.place] = waiting[0]
    with house.db.write() as tx:
        leases.hold(tx, lease, now=now)
        for place, message_id in back.items():
            was_nowhere = sightings.has_left(tx, message_id)
            moves.move(tx, message_id, to=place, now=now)
            action = "mail.found_again" if was_nowhere else "mail.moved_by_hand"
            welcome(tx, message_id, action, folder=place.folder, now=now)
    return [mail for mail in batch if mail.place not in back]


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


def _homeless(house: House, box: Postbox, *, hashes: frozenset[str]) -> dict[str, list[int]]:
    """Known messages that are at none of their places, oldest first, by their bytes."""
    with house.db.read() as tx:
        known = sightings.at_rest(tx, box.name, hashes=hashes)
        places = {
            message_id: [
                seen
                for seen in sightings.of_message(tx, message_id)
                if seen.state is SightingState.LIVE
            ]
            for message_id in known
        }
    found: dict[str, list[int]] = {}
    for message_id, digest in known.items():
        if not any(_lies(box, seen) for seen in places[message_id]):
            found.setdefault(digest, []).append(message_id)
    return found


def _lies(box: Postbox, seen: Sighting) -> bool:
    """Whether the mail is there still; a folder that was removed holds nothing."""
    if seen.folder not in box.folders():
        return False
    view = box.view(seen.folder)
    # After a change of the epoch nobody knows; what is in doubt counts as there.
    return view.epoch != seen.epoch or seen.uid in view.uids
