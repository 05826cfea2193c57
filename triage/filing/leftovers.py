"""What a server left in the source of a move that it had proven, or has again out of a backup.

It is no new mail (putback.py) and nobody put it there. It is removed, bytes compared, while the
mail itself is seen to lie where it was filed; what the server does not remove stays, and is told.
Source: own decision 0144.
"""

from collections.abc import Sequence

import structlog

from rules.errors import Conflict, Refused
from store.places import sightings
from store.processes import leases
from store.processes.leases import Lease
from triage.filing import steps
from triage.house import House
from triage.known import same_mail
from triage.known.connection_notes import ConnectionNotes
from triage.known.putback import Rest
from triage.ports import Postbox

log = structlog.get_logger()


def take_away(
    house: House, box: Postbox, lease: Lease, rests: Sequence[Rest], *, may_write: bool
) -> None:
    """Remove these; where nothing may be written, or the server does not, they are only told.

    What stays is left alone for an hour. Raises: Conflict: `lease.lost`. TryLater: away.
    """
    left = [rest for rest in rests if not (may_write and _is_removed(house, box, lease, rest))]
    notes = ConnectionNotes.of(box)
    for rest in left:
        notes.note_rest(rest.place, now=house.clock())
    if left:
        log.warning("mail.rest_stays", postbox=box.name, mails=len(left))
    if len(left) < len(rests):
        log.info("mail.rest_removed", postbox=box.name, mails=len(rests) - len(left))


def _is_removed(house: House, box: Postbox, lease: Lease, rest: Rest) -> bool:
    """Whether it was removed. A server that is busy, or refuses, is asked again another time."""
    leases.require_time(lease, now=house.clock())
    try:
        return _lies_elsewhere(house, box, rest) and steps.remove(
            house, box, rest.place, rest.sha256
        )
    except (Refused, Conflict) as exc:
        steps.require_of_mail(exc)
        return False


def _lies_elsewhere(house: House, box: Postbox, rest: Rest) -> bool:
    """Whether the mail itself, read just now, lies at another place."""
    with house.db.read() as tx:
        places = sightings.lying(tx, [rest.message_id]).get(rest.message_id, ())
    return any(
        same_mail.name(mail) == rest.sha256
        for place in places
        if place != rest.place
        for mail in same_mail.fetch(house, box, place.folder, place.epoch, (place.uid,))
    )
