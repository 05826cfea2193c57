"""One place on a server under two names: renamed in the configuration, or named twice.

Whoever served it under the second name, too, would keep each of its mails a second time. So before
anything is kept, a few known mails of other postboxes are looked for at the very same places; the
name that knew them first has them. Source: own decision 0132.
"""

from collections.abc import Iterator
from typing import Final

from rules.errors import Refused
from rules.postbox import FolderView, Place, TooLarge
from store.mails import originals
from store.places import one_folder, ownership, sightings
from triage.house import House
from triage.known.set_back import view_now
from triage.ports import INBOX, Postbox

FOLDERS: Final = 5
"""How many folders beside the INBOX are looked into: one that is the same is enough."""

MAILS: Final = 5
"""How many mails of each, the newest: two mailboxes may be numbered alike by chance, but not with
equal bytes. Source: own decision 0132."""


def require_own(house: House, box: Postbox) -> None:
    """Pass, unless another name of the ledger knew mails of this postbox first.

    Raises: Refused: `postbox.renamed`, `postbox.twice`. TryLater: the postbox is away.
    """
    with house.db.read() as tx:
        others = [name for name in one_folder.postboxes(tx) if name != box.name]
        is_known = sightings.is_known(tx, box.name)
    views: dict[str, FolderView | None] = {}
    for other in others:
        if is_known and not _is_configured(house, other):
            continue  # renamed long ago, and doubled then: nothing is gained by stopping now
        shared = _shared(house, box, other, views)
        if any(_are_same(house, box, other, places) for places in shared):
            raise _refused(house, box.name, other)


def _is_configured(house: House, name: str) -> bool:
    return any(plan.name == name for plan in house.policy.postboxes)


def _shared(
    house: House, box: Postbox, other: str, views: dict[str, FolderView | None]
) -> Iterator[list[Place]]:
    """Places here, folder by folder, at which mails of the other postbox lie.

    `views` are those taken before; each folder is viewed once.
    """
    with house.db.read() as tx:
        known = sightings.folders(tx, other)
    here = set(box.folders())
    folders = [folder for folder in known if folder != INBOX and folder in here][:FOLDERS]
    for folder in (INBOX, *folders):
        view = views[folder] = views[folder] if folder in views else view_now(box, folder)
        if view is None:
            continue
        with house.db.read() as tx:
            uids = sightings.known_uids(tx, other, folder=folder, epoch=view.epoch)
            newest = [uid for uid in view.uids if uid in uids][-MAILS:]
            places = [Place(folder, view.epoch, uid) for uid in newest]
            first = one_folder.known_before(tx, other, than=box.name, places=places)
        if first:
            yield sorted(first, key=places.index)


def _are_same(house: House, box: Postbox, other: str, places: list[Place]) -> bool:
    """Whether one of them has the bytes that the other postbox has there."""
    with house.db.read() as tx:
        known = ownership.bytes_at(tx, other, places=places)
    uids = tuple(place.uid for place in places)
    for mail in box.fetch(places[0].folder, places[0].epoch, uids):
        lying = known.get(mail.place)
        if lying is None or (lying.is_whole and isinstance(mail, TooLarge)):
            continue
        kept = mail.kept if lying.is_whole else mail.kept[: lying.kept_bytes]
        if originals.fingerprint(kept) == lying.sha256:
            return True
    return False


def _refused(house: House, name: str, other: str) -> Refused:
    if _is_configured(house, other):
        return Refused(
            "postbox.twice",
            f"Postboxes {other!r} and {name!r} are one on the server: each mail would come twice."
            f" Take {name!r} out of the configuration, or correct its address.",
            postbox=name,
            other=other,
        )
    return Refused(
        "postbox.renamed",
        f"Postbox {name!r} is known as {other!r}, with all its mail: under another name each would"
        f" come a second time. Give it its name {other!r} again, or stop all workers and rename it:"
        f" postlotse postbox rename {other!r} {name!r}",
        postbox=name,
        other=other,
    )
