"""SQLite has one writer: what takes time with a large mail is done while others may write."""

from collections.abc import Callable
from threading import Thread

import pytest

from store.database.engine import Tx
from store.mails import ledger
from store.trail import audit
from tests.house_fixture import clerk, eml
from tests.triage.way import bring_in
from triage import accept, work
from triage.answers import reply
from triage.answers.reply import Choice
from triage.desk import item_view
from triage.house import House

ME = clerk("435")
MAIL = eml("Termin am Montag", "<p>Ich kann nicht.</p>").replace(b"text/plain", b"text/html")


def order_an_answer(house: House) -> None:
    claim = work.claim_next(house, ME, "435")
    assert claim is not None
    text = reply.proposals(house, ME, claim.item_id).texts[0]
    values = reply.defaults(house, ME, claim.item_id, text.id)
    reply.order(house, ME, claim.item_id, claim.token, Choice(text.id, text.version, values))


def show_the_html(house: House) -> None:
    assert "Ich kann nicht" in item_view.safe_html(house, ME, 1)


def save_the_original(house: House) -> None:
    assert accept.original(house, ME, 1) == MAIL


@pytest.mark.parametrize("deed", [order_an_answer, show_the_html, save_the_original])
def test_while_a_mail_is_read_others_write(
    house: House, box, lease, monkeypatch, deed: Callable[[House], None]
) -> None:
    """Of 40 MB it takes half a second: unpacked, held against its fingerprint, parsed."""
    bring_in(house, box, lease, MAIL)
    others_wrote: list[bool] = []
    original = ledger.original

    def slow(tx: Tx, message_id: int) -> bytes:
        other = Thread(target=_write, args=(house,), daemon=True)
        other.start()
        other.join(5)
        others_wrote.append(not other.is_alive())
        return original(tx, message_id)

    monkeypatch.setattr(ledger, "original", slow)
    deed(house)
    assert others_wrote
    assert all(others_wrote)


def _write(house: House) -> None:
    with house.db.write() as tx:
        audit.add(tx, "other", action="x", subject="x", details={}, at=house.clock())
