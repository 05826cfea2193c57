"""One attachment of an item: its bytes to be saved, or a page of it as a picture of ours.

Each reading is put on record like that of the whole mail. Nothing is kept beside the original,
so a deletion run has nothing more to look for. Source: own decision 0067.
"""

from dataclasses import dataclass, field
from threading import BoundedSemaphore
from typing import Final

from ingest import attachments, picture
from ingest.parse import parse
from ingest.picture import Picture, Wanted
from rules.access import Caller, Permission
from rules.errors import Refused, TryLater
from rules.mail import Attachment
from rules.scan import ScanState
from store.mails import heads, ledger
from triage.desk import access_trail
from triage.doorkeeper import visible_item
from triage.house import House
from triage.ports import Scanner

AT_ONCE: Final = 3
"""Pictures drawn at the same time in one process: each may take 1.2 GB. Own decision 0067."""
WAIT_SECONDS: Final = 8
"""How long a request waits for its turn. Source: own decision 0067."""
LOOK_PX: Final = 64
"""Longer side of the picture that only shows whether there is one."""

_DRAWN_TYPES: Final = frozenset(
    {f"image/{kind}" for kind in ("png", "jpeg", "jpg", "pjpeg", "gif", "webp", "tiff")}
    | {"application/pdf", "application/x-pdf"}
)
_DRAWN_NAMES: Final = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".tif", ".tiff", ".pdf")


@dataclass(frozen=True, slots=True)
class Studio:
    """Lets a few pictures be drawn at a time; one for each process of the doors."""

    turns: BoundedSemaphore = field(default_factory=lambda: BoundedSemaphore(AT_ONCE))

    def draw(self, scanner: Scanner | None, data: bytes, wanted: Wanted) -> Picture:
        """As ingest.picture.draw, in turn, unless the scanner finds malicious code.

        The process is taken for one picture and ends with it.
        Raises: TryLater: `picture.busy`. Refused: `picture.infected`, `picture.*`.
        """
        if scanner and scanner.scan(data).state is ScanState.INFECTED:
            raise Refused("picture.infected", "The scanner found malicious code; it is not drawn.")
        if not self.turns.acquire(timeout=WAIT_SECONDS):
            raise TryLater("picture.busy", "too many pictures are being drawn; try again soon")
        try:
            return picture.draw(data, wanted)
        finally:
            self.turns.release()


def may_be_drawn(attachment: Attachment) -> bool:
    """Whether the page offers to show it, by what the sender says; its bytes are asked later."""
    named = attachment.name.lower().endswith(_DRAWN_NAMES)
    return named or attachment.content_type in _DRAWN_TYPES


def read(house: House, caller: Caller, item_id: int, number: int) -> tuple[Attachment, bytes]:
    """The attachment with that number, from 1 in the order of the mail, and its bytes.

    Put on record before a byte or its name is given out.
    Raises: Refused: `item.unknown`, `attachment.unknown`, `mail.deleted`, `mail.head_only`.
    """
    with house.db.read() as tx:
        item = visible_item(caller, tx, item_id, Permission.READ_ITEM)
        heads.require_whole(tx, item.message_id)
        original = ledger.original(tx, item.message_id)
    listed = parse(original, house.layouts).attachments
    if not 1 <= number <= len(listed):
        raise Refused("attachment.unknown", f"Item {item_id} has no attachment {number}.")
    found = attachments.extract(original, listed[number - 1].path)
    with house.db.write() as tx:
        item = visible_item(caller, tx, item_id, Permission.READ_ITEM)
        access_trail.note(
            house, tx, caller, item.message_id, {"item": item_id, "attachment": number}
        )
    return found
