"""The help page and the first-day tour, as a clerk meets them."""

import re
from pathlib import Path

import sqlalchemy as sa

from store.tables.ledger import audit
from tests.api.conftest import Doors
from tests.api.desk_person import at_desk

BASE = Path(__file__).resolve().parents[2] / "api/web/templates/base.html"


def entries(doors: Doors) -> int:
    with doors.house.db.read() as tx:
        return int(tx.run(sa.select(sa.func.count()).select_from(audit)).scalar_one())


def test_the_help_is_there_before_and_after_signing_in(doors: Doors) -> None:
    assert doors.nobody.get("/hilfe").status_code == 200
    clerk = at_desk(doors.app)
    clerk.open("/hilfe")
    assert "Was tun, wenn" in clerk.words("#wenn")


def test_every_page_leads_to_the_help(doors: Doors) -> None:
    clerk = at_desk(doors.app)
    for path in ("/arbeitsplatz", "/lage", "/texte", "/hilfe"):
        text = clerk.client.get(path).text
        assert re.search(r'<footer.*href="/hilfe"', text)
        assert re.search(r'<dialog id="keys".*href="/hilfe"', text, re.DOTALL)


def test_the_help_names_only_keys_that_the_desk_has(doors: Doors) -> None:
    known = set(re.findall(r'", "([^"]+)"\)', BASE.read_text(encoding="utf-8")))
    known |= {"1", "9"}
    named = re.findall(r"<kbd>([^<]+)</kbd>", doors.nobody.get("/hilfe").text)
    assert len(named) >= 10
    assert set(named) <= known


def test_the_tour_goes_when_it_was_read_and_nobody_writes_that_down(doors: Doors) -> None:
    clerk = at_desk(doors.app)
    clerk.open("/arbeitsplatz")
    assert len(clerk.page.query_selector_all(".tour .card")) == 3
    before = entries(doors)
    clerk.send("rundgang")
    assert clerk.url == "/arbeitsplatz"
    assert clerk.page.query_selector(".tour") is None
    assert entries(doors) == before
    assert clerk.client.cookies["postlotse_tour"] == "seen"


def test_the_tour_is_not_dismissed_without_the_sessions_token(doors: Doors) -> None:
    clerk = at_desk(doors.app)
    answer = clerk.client.post("/hilfe/rundgang", data={"csrf": "made-up"})
    assert answer.status_code == 403
    assert "postlotse_tour" not in clerk.client.cookies
