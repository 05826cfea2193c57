"""Attachments: saved under a neutral type, or shown as a picture of ours, and put on record."""

from threading import BoundedSemaphore

import httpx
import pytest

from api.attachments import FOREIGN_POLICY
from ingest.picture import Wanted
from rules.errors import Refused
from store.trail import audit
from tests.api.attachment_samples import image, mail_with, opened, pdf
from tests.api.conftest import Doors
from tests.api.desk_person import Person, at_desk
from triage.desk import attachments
from triage.desk.attachments import Studio

HTML = b"<script>alert(1)</script>"
FILES = (
    ("AU Müller.pdf", "application/pdf", pdf(12)),
    ("Foto.jpg", "image/jpeg", image("JPEG", (80, 40))),
    ("Seite.png", "image/png", HTML),
    ("Lohn.html", "application/x-html", HTML),
)


@pytest.fixture
def item(doors: Doors) -> int:
    """An item whose mail has the files."""
    answer = doors.machine.post(
        "/v1/mails",
        content=mail_with("Bin krank", *FILES),
        headers={"Content-Type": "message/rfc822"},
    )
    assert answer.status_code == 201
    return int(answer.json()["item_id"])


@pytest.fixture
def clerk(doors: Doors) -> Person:
    return at_desk(doors.app)


def readings(doors: Doors) -> list[object]:
    with doors.house.db.read() as tx:
        entries = audit.listing(tx, limit=100)
    return [one.details.get("attachment") for one in entries if one.action == "mail.read"]


def is_harmless(answer: httpx.Response) -> bool:
    """Whether no browser takes it for a page of ours, guesses its type, or keeps it."""
    headers = answer.headers
    return (
        headers["content-security-policy"] == FOREIGN_POLICY
        and headers["x-content-type-options"] == "nosniff"
        and headers["cache-control"] == "no-store"
    )


def test_the_bytes_are_only_ever_saved_and_never_under_the_senders_type(
    doors: Doors, item: int
) -> None:
    for number, (_, _, data) in enumerate(FILES, start=1):
        answer = doors.kassel.get(f"/v1/items/{item}/attachments/{number}")
        assert answer.content == data
        assert answer.headers["content-type"] == "application/octet-stream"
        assert answer.headers["content-disposition"].startswith("attachment;")
        assert is_harmless(answer)
    first = doors.kassel.get(f"/v1/items/{item}/attachments/1")
    assert "AU%20M%C3%BCller.pdf" in first.headers["content-disposition"]


def test_a_page_comes_as_a_picture_of_ours_and_each_reading_is_on_record(
    doors: Doors, item: int
) -> None:
    answer = doors.kassel.get(f"/v1/items/{item}/attachments/1/pages/10", params={"side": 64})
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["x-pages"] == "12"
    assert is_harmless(answer)
    assert max(opened(answer.content).size) == 64
    turned = doors.kassel.get(f"/v1/items/{item}/attachments/2/pages/1", params={"turn": 90})
    assert opened(turned.content).size == (40, 80)
    doors.kassel.get(f"/v1/items/{item}/attachments/4")
    assert readings(doors) == [1, 2, 4]


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("3/pages/1", 415, "picture.kind"),
        ("2/pages/2", 422, "picture.page"),
        ("1/pages/11", 422, "request.invalid"),
        ("9", 404, "attachment.unknown"),
    ],
)
def test_what_cant_be_shown_is_refused_by_code(
    doors: Doors, item: int, path: str, status: int, code: str
) -> None:
    answer = doors.kassel.get(f"/v1/items/{item}/attachments/{path}")
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_who_may_not_see_the_item_sees_no_attachment(doors: Doors, item: int) -> None:
    paths = (f"/v1/items/{item}/attachments/1", f"/v1/items/{item}/attachments/1/pages/1")
    assert {doors.hamburg.get(path).status_code for path in paths} == {404}
    assert {doors.admin.get(path).status_code for path in paths} == {403}
    assert readings(doors) == []


def test_the_page_shows_turns_and_enlarges(doors: Doors, item: int, clerk: Person) -> None:
    clerk.open(f"/vorgang/{item}")
    links = [one.getattr("href") for one in clerk.page.query_selector_all(".files a")]
    assert [link for link in links if not link.endswith("/datei")] == [
        f"/vorgang/{item}/anlage/{number}" for number in (1, 2, 3)
    ]
    clerk.open(f"/vorgang/{item}/anlage/1?seite=2&zoom=200&drehen=270")
    shown = clerk.page.query_selector(".sheet img")
    assert shown is not None
    assert shown.getattr("src") == f"/vorgang/{item}/anlage/1/bild?seite=2&zoom=200&drehen=270"
    assert "Die Datei hat 12 Seiten" in clerk.words("main")
    assert readings(doors) == [1], "the page shows its name"
    picture_answer = clerk.client.get(shown.getattr("src"))
    assert picture_answer.headers["content-type"] == "image/png"
    assert is_harmless(picture_answer)
    assert readings(doors) == [1, 1]
    right = [a for a in clerk.page.query_selector_all(".tools a") if "rechts" in a.text]
    assert right[0].getattr("href").endswith("drehen=0")


def test_without_a_picture_the_page_says_calmly_why(doors: Doors, item: int, clerk: Person) -> None:
    clerk.open(f"/vorgang/{item}/anlage/3")
    assert clerk.answer.status_code == 200
    assert "zeigt der Postlotse nicht an" in clerk.words("main .note")
    assert clerk.page.query_selector(".sheet") is None
    assert "script" not in clerk.words("main")
    saved = clerk.client.get(f"/vorgang/{item}/anlage/3/datei")
    assert (saved.content, is_harmless(saved)) == (HTML, True)


def test_a_picture_that_finds_no_turn_says_come_back_soon(
    doors: Doors, item: int, clerk: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attachments, "WAIT_SECONDS", 0)
    doors.app.state.studio = Studio(BoundedSemaphore(1))
    assert doors.app.state.studio.turns.acquire()
    answer = doors.kassel.get(f"/v1/items/{item}/attachments/1/pages/1")
    assert (answer.status_code, answer.json()["code"]) == (503, "picture.busy")
    clerk.open(f"/vorgang/{item}/anlage/1")
    assert "Gerade werden viele Anlagen gezeigt" in clerk.words("main .note")


def test_a_turn_is_given_back_after_a_refusal() -> None:
    studio = Studio(BoundedSemaphore(1))
    for _ in range(2):
        with pytest.raises(Refused):
            studio.draw(None, HTML, Wanted())


def test_a_mail_with_three_hundred_files_is_opened_and_its_last_file_saved(doors: Doors) -> None:
    files = [(f"Anlage {n}.txt", "text/plain", b"x" * n) for n in range(1, 301)]
    doors.machine.post(
        "/v1/mails",
        content=mail_with("Sehr viele Anlagen", *files),
        headers={"Content-Type": "message/rfc822"},
    )
    person = at_desk(doors.app)
    person.send("naechster")
    assert person.answer.status_code == 200
    shown = person.page.query_selector_all(".files li")
    assert len(shown) == 300
    links = [a.getattr("href") for a in shown[-1].query_selector_all("a")]
    saved = person.client.get(links[-1])
    assert (saved.status_code, saved.content) == (200, b"x" * 300)
