"""The smoke script finds what it should on the simulator, and writes nothing."""

from datetime import UTC, datetime, timedelta

from ingest.exchange import smoke as exchange_smoke
from tests.house_fixture import eml
from tests.ingest.conftest import ExchangeCase
from tests.servers.exchange import Fault
from tests.servers.exchange_store import Grant

NOON = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
WRITES = {"CreateFolder", "CreateItem", "MoveItem", "DeleteItem", "UpdateFolder", "UpdateItem"}


def facts(case: ExchangeCase) -> list[tuple[str, bool | None]]:
    return [(one.name, one.holds) for one in exchange_smoke.look(case.account)]


def filled(case: ExchangeCase) -> None:
    for number in range(3):
        case.mailbox.deliver(eml(f"Betreff {number}"), received=NOON + timedelta(minutes=number))
    folder = case.mailbox.folder("101 Ort101")
    folder.grants.append(Grant.of("ez-101@dienst.example", "Editor"))


def test_on_the_simulator_everything_is_as_assumed(exchange_case: ExchangeCase) -> None:
    filled(exchange_case)
    before = len(exchange_case.server.calls)
    assert facts(exchange_case) == [
        ("Rechte eines Ordners", True),
        ("MIME zweimal gelesen", True),
        ("Suchschlüssel", True),
        ("Suche nach Suchschlüssel", True),
        ("Verdorbener Sync-Stand", True),
        ("Reihenfolge einer Seite", True),
        ("Gedrosselte Antwort", None),
    ]
    assert not WRITES & set(exchange_case.server.calls[before:])


def test_an_empty_mailbox_leaves_questions_open(exchange_case: ExchangeCase) -> None:
    found = dict(facts(exchange_case))
    assert [name for name, holds in found.items() if holds is None] == [
        "MIME zweimal gelesen",
        "Suchschlüssel",
        "Suche nach Suchschlüssel",
        "Reihenfolge einer Seite",
        "Gedrosselte Antwort",
    ]


def test_mails_of_one_second_tell_no_order_and_are_not_called_too_few(
    exchange_case: ExchangeCase,
) -> None:
    for number in range(3):
        exchange_case.mailbox.deliver(eml(f"Betreff {number}"), received=NOON)
    found = {one.name: one for one in exchange_smoke.look(exchange_case.account)}
    told = found["Reihenfolge einer Seite"]
    assert told.holds is None
    assert told.found.startswith("3 Mails")


def test_what_differs_and_what_is_throttled_is_told(exchange_case: ExchangeCase) -> None:
    filled(exchange_case)
    exchange_case.mailbox.folder("101 Ort101").hides_grants = True
    exchange_case.mailbox.faults.append(Fault("busy", "GetItem", back_off_ms=1500))
    found = {one.name: one for one in exchange_smoke.look(exchange_case.account)}
    assert found["Rechte eines Ordners"].holds is False
    assert found["MIME zweimal gelesen"].holds is None
    assert found["Gedrosselte Antwort"].holds is True
    assert "1.5 s" in found["Gedrosselte Antwort"].found
    assert "Betreff" not in str(found)
    assert exchange_case.mailbox.too_soon == [], "nothing more is asked till then"
