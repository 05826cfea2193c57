"""A person at the desk: reads pages and sends their forms, as a browser would without scripts.

Where a form is answered with a page, nothing may have been done: the desk's script asks by
itself first, and the browser sends the form once more to show that page (decision 0137). Each
form that any test sends is held to that.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import httpx
import sqlalchemy as sa
from fastapi import FastAPI
from resiliparse.parse.html import DOMNode, HTMLTree

from api.middleware import BY_SCRIPT, ONWARD
from store.database.columns import metadata
from store.desk import items
from store.desk.items import Item
from tests.api.conftest import Doors
from tests.api.door_client import DoorClient

Rows = Mapping[str, Sequence[object]]
"""What stands in each table."""

_BESIDE = frozenset({"audit", "session"})
"""A page that shows a mail tells that it was read, and each deed that somebody is at work."""


@dataclass
class Person:
    """Keeps cookies and the page that is open."""

    app: FastAPI
    client: DoorClient = field(init=False)
    url: str = ""
    answer: httpx.Response = field(init=False)
    _tree: HTMLTree = field(init=False)

    def __post_init__(self) -> None:
        self.client = DoorClient(self.app)

    @property
    def page(self) -> DOMNode:
        return self._tree.document

    def open(self, url: str) -> DOMNode:
        return self._follow(self.client.get(url), url)

    def send(self, action: str, **typed: str | list[str]) -> DOMNode:
        """Fill the form with that action and send it; the page that follows."""
        found = [
            form
            for form in self.page.query_selector_all("form[method=post]")
            if re.fullmatch(action, form.getattr("action").rpartition("/")[2])
        ]
        assert found, f"no form {action} on {self.url}"
        fields: dict[str, str | list[str]] = {}
        for hidden in found[0].query_selector_all("input[type=hidden]"):
            fields.setdefault(hidden.getattr("name"), hidden.getattr("value"))
        target = found[0].getattr("action")
        before = self._rows()
        answer = self.client.post(target, data=fields | typed)
        if answer.status_code != 303:
            self._require_nothing_done(before, target, fields | typed)
        return self._follow(answer, target)

    def _require_nothing_done(self, before: Rows, target: str, data: Mapping[str, object]) -> None:
        after = self._rows()
        changed = {one for one in after if after[one] != before[one]}
        assert changed <= _BESIDE, (target, changed)
        asked = self.client.post(target, data=data, headers={BY_SCRIPT: "yes"})
        assert ONWARD not in asked.headers
        assert self._rows() == after, (
            f"{target}: the script, to which nothing is shown, left a trace"
        )

    def _rows(self) -> Rows:
        """All that the house remembers, by table."""
        with self.app.state.house.db.read() as tx:
            return {table.name: tx.run(sa.select(table)).all() for table in metadata.sorted_tables}

    def words(self, selector: str) -> str:
        node = self.page.query_selector(selector)
        return " ".join(node.text.split()) if node else ""

    def _follow(self, answer: httpx.Response, url: str) -> DOMNode:
        while answer.status_code == 303:
            url = answer.headers["location"]
            answer = self.client.get(url)
        self.answer, self.url, self._tree = answer, url, HTMLTree.parse(answer.text)
        return self.page


def at_desk(app: FastAPI, agency: str = "435", seat: str = "ez") -> Person:
    """Somebody who has signed in by one click of the demo."""
    person = Person(app)
    person.open("/anmelden")
    person.send("anmelden", seat=seat, agency=agency)
    assert person.answer.status_code == 200, person.answer.text
    return person


def take(doors: Doors, person: Person, subject: str, text: str = "Guten Tag.") -> int:
    """A mail comes in and this person takes it; the item's id."""
    doors.hand_in(subject, text)
    person.open("/arbeitsplatz")
    person.send("naechster")
    assert person.url.startswith("/vorgang/"), person.answer.text
    return int(person.url.rpartition("/")[2])


def state(doors: Doors, item_id: int) -> Item:
    """The item as it stands in the store."""
    with doors.house.db.read() as tx:
        return items.get(tx, item_id)
