"""What single servers do with marks: refusals, conflicts, lost answers, keywords of programs."""

from pathlib import Path

import pytest

from rules.errors import Conflict, Refused, TryLater
from rules.postbox import MarkChange, Place
from tests.ingest.conftest import ExchangeCase, ImapCase
from tests.ingest.test_ingest_imap import scripted
from tests.servers.exchange import Fault

MAIL = b"Subject: Umzug\r\n\r\nIch ziehe um.\r\n"
DONE = MarkChange(add=("Postlotse: erledigt",), remove=("Postlotse: in Arbeit",))
KEPT = "* 1 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n* OK [UIDNEXT 2] ok\r\n"


def only_place(case: ExchangeCase | ImapCase) -> Place:
    case.deliver(MAIL)
    view = case.box.view("INBOX")
    return Place("INBOX", view.epoch, view.uids[0])


def test_a_folder_that_keeps_no_new_keywords_gets_none(certificate: Path) -> None:
    answers = {
        "SELECT": KEPT + "* OK [PERMANENTFLAGS (\\Seen \\Deleted Chef)] ok\r\n{tag} OK done\r\n"
    }
    with scripted(certificate, answers) as (box, server), pytest.raises(Refused) as caught:
        box.set_marks(Place("INBOX", "7", "1"), DONE)
    assert caught.value.code == "postbox.no_marks"
    assert not any("STORE" in line for line in server.lines)


@pytest.mark.parametrize("kept", ["\\*", "Postlotse_in_Arbeit postlotse_ERLEDIGT"])
def test_only_keywords_are_stored_never_a_system_flag(certificate: Path, kept: str) -> None:
    answers = {
        "SELECT": KEPT + f"* OK [PERMANENTFLAGS (\\Seen {kept})] ok\r\n{{tag}} OK done\r\n",
        "UID STORE": "{tag} OK done\r\n",
        "UID FETCH": "* 1 FETCH (UID 1 FLAGS (\\Seen postlotse_ERLEDIGT))\r\n{tag} OK done\r\n",
    }
    with scripted(certificate, answers) as (box, server):
        assert box.set_marks(Place("INBOX", "7", "1"), DONE) is True
    stored = [line.partition(" ")[2] for line in server.lines if "STORE" in line]
    assert stored == [
        "UID STORE 1 -FLAGS.SILENT (Postlotse_in_Arbeit)",
        "UID STORE 1 +FLAGS.SILENT (Postlotse_erledigt)",
    ]


def test_an_ok_without_the_keyword_is_no_proof(certificate: Path) -> None:
    answers = {
        "SELECT": KEPT + "* OK [PERMANENTFLAGS (\\*)] ok\r\n{tag} OK done\r\n",
        "UID STORE": "{tag} OK done\r\n",
        "UID FETCH": "{tag} OK done\r\n",
    }
    with scripted(certificate, answers) as (box, _):
        assert box.set_marks(Place("INBOX", "7", "1"), DONE) is False


def test_keywords_of_mail_programs_are_no_marks(imap_case: ImapCase) -> None:
    place = only_place(imap_case)
    for keyword in ("$Forwarded", "NonJunk", "$MDNSent", "$label2", "Chef"):
        imap_case.mark(place.uid, keyword)
    assert imap_case.box.marks("INBOX").by_uid[place.uid] == {"$label2", "Chef"}


def test_what_a_person_sets_between_reading_and_writing_is_kept(
    exchange_case: ExchangeCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = only_place(exchange_case)
    from ingest.exchange import calls as exchange_calls

    ask, moments = exchange_calls.categories, iter(["Chef", "Rückfrage"])

    def read_and_be_late(account: object, item_id: str) -> tuple[str, tuple[str, ...]]:
        found = ask(account, item_id)
        if mark := next(moments, None):
            exchange_case.person_marks(place.uid, mark)
        return found

    monkeypatch.setattr(exchange_calls, "categories", read_and_be_late)
    assert exchange_case.box.set_marks(place, DONE) is True
    assert exchange_case.item("INBOX", place.uid).categories == (
        "Chef",
        "Rückfrage",
        "Postlotse: erledigt",
    )


def test_an_item_that_is_changed_all_the_time_is_a_conflict(exchange_case: ExchangeCase) -> None:
    place = only_place(exchange_case)
    fault = Fault("item", "UpdateItem", times=3, code="ErrorIrresolvableConflict")
    exchange_case.mailbox.faults.append(fault)
    with pytest.raises(Conflict) as caught:
        exchange_case.box.set_marks(place, DONE)
    assert caught.value.code == "postbox.mark_conflict"
    assert exchange_case.box.set_marks(place, DONE) is True


@pytest.mark.parametrize("kind", ["drop_before", "drop_after", "truncate"])
def test_a_cut_line_says_try_later_and_the_repetition_changes_nothing_more(
    exchange_case: ExchangeCase, kind: str
) -> None:
    place = only_place(exchange_case)
    exchange_case.person_marks(place.uid, "Chef")
    exchange_case.mailbox.faults.append(Fault(kind, "UpdateItem"))
    with pytest.raises(TryLater):
        exchange_case.box.set_marks(place, DONE)
    assert exchange_case.box.set_marks(place, DONE) is True
    assert exchange_case.item("INBOX", place.uid).categories == ("Chef", "Postlotse: erledigt")


def test_the_last_category_can_be_taken_off(exchange_case: ExchangeCase) -> None:
    place = only_place(exchange_case)
    exchange_case.box.set_marks(place, DONE)
    assert exchange_case.box.set_marks(place, MarkChange(remove=DONE.add)) is True
    assert exchange_case.item("INBOX", place.uid).categories == ()


def test_a_mail_that_was_moved_by_hand_meanwhile_takes_no_mark(
    exchange_case: ExchangeCase,
) -> None:
    """Its id has changed; the look at the folders finds where it lies."""
    place = only_place(exchange_case)
    with exchange_case.server.lock:
        box = exchange_case.mailbox
        box.move(exchange_case.item("INBOX", place.uid), box.folder("Ablage"))
    assert exchange_case.box.set_marks(place, DONE) is False
