"""People and marks in one Maildir, for the tests of marks."""

from rules.marks import fold
from rules.postbox import MarkChange, Place
from store.acts import mark_wishes
from store.processes import leases
from store.processes.leases import Lease
from store.trail import audit
from triage.house import House

KASSEL = "435 Kassel/AU"
TERMIN = "435 Kassel/Termin"


def places(box, folder: str) -> list[Place]:
    return [Place(folder, "maildir", uid) for uid in box.view(folder).uids]


def person_marks(box, folder: str, *marks: str, number: int = 0) -> None:
    """Somebody sets categories on the n-th mail of a folder."""
    assert box.set_marks(places(box, folder)[number], MarkChange(add=marks))


def person_unmarks(box, folder: str, *marks: str, number: int = 0) -> None:
    assert box.set_marks(places(box, folder)[number], MarkChange(remove=marks))


def on(box, folder: str) -> list[set[str]]:
    """The marks of each mail of a folder, spelled alike, in order of arrival."""
    found = box.marks(folder).by_uid
    return [{fold(mark) for mark in found[uid]} for uid in box.view(folder).uids]


def wish(house: House, message_id: int = 1):
    with house.db.read() as tx:
        return mark_wishes.of_messages(tx, [message_id]).get(message_id)


def trail(house: House, message_id: int = 1) -> list[tuple[str, str]]:
    """Actor and action of what was done to a mail, readings left out."""
    with house.db.read() as tx:
        entries = audit.of_subject(tx, f"message:{message_id}")
    return [(e.actor, e.action) for e in entries if e.action != "item.read"]


def take_over(house: House, *, owner: str, seconds: int = 86_400) -> Lease | None:
    with house.db.write() as tx:
        return leases.take(
            tx, "postbox:SC-Südwest", owner=owner, now=house.clock(), seconds=seconds
        )


class Between:
    """A postbox at which something happens just before or after the n-th mark is set."""

    def __init__(self, box, *happens) -> None:
        self._box, self.name, self.happens, self.commands = box, box.name, list(happens), 0

    def __getattr__(self, name):
        return getattr(self._box, name)

    def set_marks(self, place, change):
        self.commands += 1
        what = self.happens.pop(0) if self.happens else None
        if callable(what):
            what()
        elif isinstance(what, Exception):
            raise what
        return self._box.set_marks(place, change)
