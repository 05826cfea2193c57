"""Promise 9: observe-only means no write to a postbox, ever."""

from collections.abc import Callable
from typing import Any

import pytest

from ingest.observed import ObservedPostbox
from rules.errors import Refused
from rules.postbox import Fetched, MarkChange, Place
from tests.ingest.conftest import Case, MaildirCase
from triage.ports import Postbox

MAIL = b"Subject: Umzug\r\n\r\nIch ziehe um.\r\n"
PLACE = Place("INBOX", "maildir", "1")
WRITES: dict[str, Callable[[Postbox], object]] = {
    "ensure_folder": lambda box: box.ensure_folder("Ablage"),
    "ensure_folder that is there": lambda box: box.ensure_folder("INBOX"),
    "move": lambda box: box.move(PLACE, "Ablage"),
    "move_many": lambda box: box.move_many((PLACE,), "Ablage"),
    "append": lambda box: box.append("INBOX", MAIL),
    "remove": lambda box: box.remove(PLACE, "0" * 64),
    "set_marks": lambda box: box.set_marks(PLACE, MarkChange(add=("Postlotse: erledigt",))),
    "set_marks that does nothing": lambda box: box.set_marks(PLACE, MarkChange()),
}


class Watched:
    """Notes every call that reaches the inner driver."""

    def __init__(self, inner: Postbox) -> None:
        self.name = inner.name
        self.calls: list[str] = []
        self._inner = inner

    def __getattr__(self, call: str) -> Any:
        self.calls.append(call)
        return getattr(self._inner, call)


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_no_write_reaches_the_driver(
    maildir_case: MaildirCase, write: Callable[[Postbox], object]
) -> None:
    watched = Watched(maildir_case.box)
    with pytest.raises(Refused) as caught:
        write(ObservedPostbox(watched))
    assert caught.value.code == "postbox.observe_only"
    assert watched.calls == []


def test_every_call_of_the_port_is_either_a_read_or_refused(maildir_case: MaildirCase) -> None:
    """A writing call that the port gets one day must be decided here, too."""
    port = {name for name in vars(Postbox) if not name.startswith("_")}
    reads = {
        "folders",
        "view",
        "checked",
        "fetch",
        "watermark",
        "since",
        "moves_whole",
        "marks",
        "close",
    }
    writes = {"ensure_folder", "move", "move_many", "append", "remove", "set_marks"}
    assert port - reads == writes
    assert ObservedPostbox(maildir_case.box).moves_whole()


def test_reads_pass_through_and_change_nothing(case: Case) -> None:
    case.deliver(MAIL)
    box = ObservedPostbox(case.box)
    view = box.view("INBOX")
    (message,) = box.fetch("INBOX", view.epoch, view.uids)
    assert isinstance(message, Fetched)
    assert message.data == MAIL
    assert box.folders() == ("INBOX",)
    mark = box.watermark("INBOX")
    assert (mark.folder, mark.epoch) == ("INBOX", view.epoch)
    assert set(box.since(mark)) <= set(view.uids)
    assert box.marks("INBOX").by_uid == {view.uids[0]: frozenset()}
    assert box.name == "nord"
    box.close()
    assert case.flags("INBOX", view.uids[0]) == set()
    assert case.box.view("INBOX") == view
