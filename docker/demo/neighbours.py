"""The demo's neighbours: mail that lies in the postboxes, and an eAkte that answers.

    python neighbours.py mails POSTLOTSE_TOML [COUNT]     # once; again it lays nothing twice
    python neighbours.py eakte POSTLOTSE_TOML             # until it is stopped

Runs in the image of the house (docker/compose.demo.yaml), beside it and not in it.
"""

import ssl
import sys
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from imapclient import IMAPClient

from outbox.eakte_demo import answer_once
from triage import wiring
from triage.demo import mails as demo_mails
from triage.demo.mails import SampleMail
from triage.settings import Settings, load, secret
from triage.settings.postbox import ImapSettings

COUNT = 400
"""Of the corpus, in all postboxes together, as `postlotse demo` has them."""
RECEIPT_SECONDS = 4.0
PAUSE_SECONDS = 1.0


def lay_mails(settings: Settings, mails: Iterable[SampleMail]) -> int:
    """Append each to INBOX of its region's postbox, where that has nothing yet; how many."""
    # IMAP knows no mail of no bytes; the demo on disk has one.
    lies = [mail for mail in mails if mail.data]
    return sum(
        _lay(box, [mail for mail in lies if mail.region == box.region])
        for box in settings.postboxes
        if isinstance(box, ImapSettings)
    )


def _lay(box: ImapSettings, mails: list[SampleMail]) -> int:
    context = ssl.create_default_context(cafile=box.ca_file)
    with IMAPClient(box.host, port=box.port, ssl_context=context, timeout=30) as line:
        line.login(box.user, secret(box.password_env))
        # A second start finds them here, or where the house has put them meanwhile.
        if len(line.list_folders()) > 1 or line.select_folder("INBOX")[b"EXISTS"]:
            return 0
        now = datetime.now(UTC)
        for mail in mails:
            line.append("INBOX", mail.data, msg_time=now - mail.age)
    return len(mails)


def answer_for_ever(drop: Path) -> None:
    """Be the eAkte until somebody stops it."""
    while True:
        answer_once(drop, now=datetime.now(UTC), after_seconds=RECEIPT_SECONDS)
        time.sleep(PAUSE_SECONDS)


def main(what: str, config: str, count: str = str(COUNT)) -> None:
    """What the command line says."""
    settings = load(Path(config))
    if what == "eakte":
        answer_for_ever(settings.eakte.drop)
    backlog = demo_mails.backlog(wiring.load_directory(), count=int(count))
    sys.stdout.write(f"{lay_mails(settings, backlog)} mails laid into the postboxes\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
