"""The pages obey the content security policy: nothing inline, nothing from elsewhere."""

from html.parser import HTMLParser

import pytest

from api.web import assets
from tests.api.desk_samples import PAGES, cookie, gallery
from tests.api.door_client import DoorClient


class _Tags(HTMLParser):
    """Every element with its attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def tags_of(client: DoorClient, name: str) -> list[tuple[str, dict[str, str | None]]]:
    tags = _Tags()
    answer = client.get(f"/muster/{name}")
    assert answer.status_code != 500, "the page, not its failure"
    tags.feed(answer.text)
    assert len(tags.found) > 10, "a page, not a word of refusal"
    return tags.found


@pytest.fixture(scope="module")
def client() -> DoorClient:
    client = DoorClient(gallery())
    client.cookies.update(cookie())
    return client


@pytest.mark.parametrize("name", list(PAGES))
def test_no_page_has_inline_style_script_or_handler(client: DoorClient, name: str) -> None:
    for tag, attrs in tags_of(client, name):
        assert tag != "style"
        assert tag != "script" or attrs["src"]
        assert not [key for key in attrs if key == "style" or key.startswith("on")], tag


@pytest.mark.parametrize("name", list(PAGES))
def test_no_page_asks_for_anything_from_elsewhere(client: DoorClient, name: str) -> None:
    for _, attrs in tags_of(client, name):
        for key in ("src", "href", "action", "data-url"):
            assert (attrs.get(key) or "/").startswith(("/", "#"))


def test_a_page_is_never_kept_and_a_style_for_good(client: DoorClient) -> None:
    assert client.get("/muster/lage").headers["cache-control"] == "no-store"
    style = client.get(assets.url("desk.css"))
    assert style.headers["content-type"].startswith("text/css")
    assert "immutable" in style.headers["cache-control"]


def test_an_unknown_file_is_a_page_that_says_so(client: DoorClient) -> None:
    missing = client.get("/static/passwd")
    assert missing.status_code == 404
    assert "Nicht gefunden" in missing.text


def test_who_is_not_signed_in_comes_to_the_sign_in_page() -> None:
    from api.web import pages
    from tests.api.small_door import small_app

    app = small_app()
    pages.install(app)
    stranger = DoorClient(app)
    for path in ("/arbeitsplatz", "/vorgang/1", "/lage", "/texte", "/beiseite"):
        answer = stranger.get(path)
        back = f"/anmelden?weiter={path.replace('/', '%2F')}"
        assert (answer.status_code, answer.headers["location"]) == (303, back)


def test_a_form_without_the_sessions_token_writes_nothing() -> None:
    from api.web import pages
    from tests.api.item_samples import NOW
    from tests.api.small_door import ClockHouse, small_app

    app = small_app(ClockHouse(lambda: NOW), demo=True)
    pages.install(app)
    clerk = DoorClient(app)
    clerk.cookies.update(cookie())
    for path in ("/arbeitsplatz/naechster", "/vorgang/1/abschliessen", "/beiseite/1/nochmal"):
        answer = clerk.post(path, data={"token": "t", "reason": "done", "csrf": "wrong"})
        assert answer.status_code == 403
        assert "Das Formular war veraltet" in answer.text
