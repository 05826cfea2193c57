"""Two mails of an Exchange mailbox that share one search key are two messages, in any order.

A copy has the key of its original, and so has a mail that is delivered a second time by a redirect:
with other bytes in its head, and after the first was filed.
"""

import pytest

from ingest.exchange.postbox import ExchangePostbox
from store.mails import ledger
from store.mails.originals import fingerprint
from store.places import sightings
from tests.servers.exchange_store import Item, Mailbox
from tests.triage import test_triage_exchange_busy
from tests.triage.test_triage_exchange_busy import MAILS, World

world = test_triage_exchange_busy.world

AU, TERMIN = "435 Kassel/AU", "435 Kassel/Termin"
OTHER = b"Received: from redirect.example\n" + MAILS[0]


def passes(world: World, box: ExchangePostbox) -> None:
    for _ in range(2):
        world.clock.forward(seconds=400)
        world.pass_over(box)
        world.look(box)


def restarted(world: World, box: ExchangePostbox) -> ExchangePostbox:
    box.close()
    again = ExchangePostbox(box.name, box._line._account, gate=world.gate)
    passes(world, again)
    return again


def only_mail(mailbox: Mailbox, folder: str) -> Item:
    (item,) = mailbox.lying_in(mailbox.folder(folder))
    return item


def comes_again(mailbox: Mailbox, first: Item, data: bytes) -> None:
    mailbox.copy(first, mailbox.inbox).mime = data


def lying(world: World, box: ExchangePostbox) -> list[tuple[str, str]]:
    """Folder and fingerprint of what lies there, by the ledger; its places hold just that."""
    found = []
    with world.house.db.read() as tx:
        for folder in ("INBOX", AU, TERMIN):
            live = sightings.live(tx, box.name, folder=folder)
            assert {seen.uid for seen in live} == set(box.view(folder).uids)
            found += [(folder, ledger.message(tx, seen.message_id).sha256) for seen in live]
    return sorted(found)


def on_the_server(mailbox: Mailbox) -> list[tuple[str, str]]:
    paths = {mailbox.folder(path).id: path for path in ("INBOX", AU, TERMIN)}
    found = mailbox.items.values()
    return sorted((paths[item.folder.id], fingerprint(item.mime)) for item in found)


@pytest.mark.parametrize("data", [MAILS[0], OTHER], ids=["copy", "delivered again"])
@pytest.mark.parametrize("first_lies_in", [AU, TERMIN])
def test_a_second_mail_of_one_key_is_kept_after_the_first_was_filed(world, data, first_lies_in):
    box, mailbox = world.postbox("box")
    mailbox.deliver(MAILS[0])
    mailbox.folder(TERMIN)
    passes(world, box)
    first = only_mail(mailbox, AU)
    if first_lies_in == TERMIN:
        first = mailbox.move(first, mailbox.folder(TERMIN))
        passes(world, box)
    comes_again(mailbox, first, data)
    passes(world, box)
    assert len(mailbox.items) == 2
    assert lying(world, box) == on_the_server(mailbox)
    box = restarted(world, box)
    assert lying(world, box) == on_the_server(mailbox)
    box.close()


@pytest.mark.parametrize("data", [MAILS[0], OTHER], ids=["copy", "delivered again"])
def test_the_first_is_still_itself_when_a_person_puts_it_back(world, data):
    box, mailbox = world.postbox("box")
    mailbox.deliver(MAILS[0])
    mailbox.folder(TERMIN)
    passes(world, box)
    first = only_mail(mailbox, AU)
    comes_again(mailbox, first, data)
    passes(world, box)
    mailbox.move(first, mailbox.inbox)
    for _ in range(2):
        passes(world, box)
        assert lying(world, box) == on_the_server(mailbox)
        box = restarted(world, box)
    box.close()
