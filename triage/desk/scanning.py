"""The scanner is asked when a clerk opens an item, for a few seconds at most; never on the way in.

Source: own decision 0071.
"""

import time
from collections.abc import Mapping
from typing import Final

from ingest import attachments
from rules.errors import HouseError
from rules.mail import ParsedMail
from rules.scan import Scan, unscanned
from store.mails import ledger
from triage.house import House

SECONDS_AN_ITEM: Final = 5.0
"""No more files are sent after that; the page would be slow. Own decision 0071."""

FILES_AN_ITEM: Final = 50
"""More are shown as not scanned."""


def look(house: House, message_id: int, mail: ParsedMail | None) -> Mapping[str, Scan]:
    """What the scanner says of each attachment, by its path; empty without scanner or files.

    Outside any transaction. Never raises for the scanner's sake. Raises: TryLater: `store.away`.
    """
    if house.scanner is None or mail is None or not mail.attachments:
        return {}
    with house.db.read() as tx:
        data = ledger.original(tx, message_id)
    until = time.monotonic() + SECONDS_AN_ITEM
    found: dict[str, Scan] = {}
    for file in mail.attachments:
        if time.monotonic() > until or len(found) >= FILES_AN_ITEM:
            found[file.path] = unscanned("too_slow")
            continue
        try:
            content = attachments.extract(data, file.path)[1]
        except HouseError:
            found[file.path] = unscanned("unreadable")
            continue
        found[file.path] = house.scanner.scan(content)
    return found
