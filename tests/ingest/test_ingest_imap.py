"""What only the IMAP driver has: connections, encryption, proofs, and odd servers."""

import logging
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ingest.imap import fetch as imap_fetch
from ingest.imap.fetch import Facts
from ingest.imap.postbox import ImapPostbox
from ingest.imap.session import ImapAccount
from rules.errors import Conflict, HouseError, Refused, TryLater
from rules.postbox import Fetched, Place
from tests.ingest.conftest import ImapCase
from tests.servers.dovecot import DovecotOptions, DovecotServer
from tests.servers.scripted_imap import CLOSE, HANG, ScriptedImap

MAIL = b"From: kunde@post.example\r\nSubject: Umzug\r\n\r\nIch ziehe um.\r\n"
NO_MOVE = "IMAP4rev1 UIDPLUS NAMESPACE LITERAL+"
NO_UIDPLUS = "IMAP4rev1 MOVE NAMESPACE LITERAL+"


@contextmanager
def postbox(account: ImapAccount) -> Iterator[ImapPostbox]:
    box = ImapPostbox("nord", account)
    yield box
    box.close()


def code_of(account: ImapAccount) -> str:
    with postbox(account) as box, pytest.raises(HouseError) as caught:
        box.folders()
    return caught.value.code


@contextmanager
def scripted(
    certificate: Path, answers: dict[str, str]
) -> Iterator[tuple[ImapPostbox, ScriptedImap]]:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, certificate.with_name("key.pem"))
    with ScriptedImap(answers, context) as server:
        account = ImapAccount(
            "localhost", server.port, "nord", "geheim", ca_file=certificate, timeout_seconds=1
        )
        with postbox(account) as box:
            yield box, server


# Encryption and login


def test_starttls_encrypts_before_the_login_and_moves(imap_case: ImapCase) -> None:
    imap_case.deliver(MAIL)
    account = replace(imap_case.account, port=imap_case.server.imap_port, tls="starttls")
    with postbox(account) as box:
        box.ensure_folder("Ablage")
        view = box.view("INBOX")
        assert box.move(Place("INBOX", view.epoch, view.uids[0]), "Ablage") is not None


def test_a_server_without_starttls_never_gets_the_password() -> None:
    with ScriptedImap({"CAPABILITY": "* CAPABILITY IMAP4rev1\r\n{tag} OK done\r\n"}) as server:
        account = ImapAccount("127.0.0.1", server.port, "nord", "geheim", tls="starttls")
        assert code_of(account) == "postbox.no_tls"
    assert not any("geheim" in line for line in server.lines)


def test_a_server_that_greets_as_logged_in_already_is_refused() -> None:
    with ScriptedImap({}, greeting="* PREAUTH hello\r\n") as server:
        account = ImapAccount("127.0.0.1", server.port, "nord", "geheim", tls="starttls")
        with postbox(account) as box, pytest.raises(Refused):
            box.folders()


def test_a_port_without_tls_is_refused(imap_case: ImapCase) -> None:
    account = replace(imap_case.account, port=imap_case.server.imap_port)
    assert code_of(account) == "postbox.no_tls"


def test_a_certificate_of_another_authority_is_refused(
    imap_case: ImapCase, certificate: Path
) -> None:
    assert code_of(replace(imap_case.account, ca_file=certificate)) == "postbox.certificate"
    starttls = replace(
        imap_case.account, ca_file=certificate, port=imap_case.server.imap_port, tls="starttls"
    )
    assert code_of(starttls) == "postbox.certificate"
    assert code_of(replace(imap_case.account, ca_file=None)) == "postbox.certificate"


@pytest.mark.parametrize("content", [None, b"", b"kein Zertifikat"])
def test_a_bad_certificate_file_is_named(
    imap_case: ImapCase, tmp_path: Path, content: bytes | None
) -> None:
    ca_file = tmp_path / "ca.pem"
    if content is not None:
        ca_file.write_bytes(content)
    assert code_of(replace(imap_case.account, ca_file=ca_file)) == "postbox.ca_file"


def test_a_wrong_password_is_refused_and_not_tried_again() -> None:
    with DovecotServer(users=("nord",)) as server:
        account = ImapAccount(
            "localhost", server.imaps_port, "nord", "falsch", ca_file=server.ca_file
        )
        with postbox(account) as box:
            for _ in range(2):
                with pytest.raises(Refused) as caught:
                    box.folders()
                assert caught.value.code == "postbox.login_refused"
                assert "falsch" not in str(caught.value)
                # A second try would find nobody, and say so.
                server.kill()


def test_after_the_pause_a_corrected_password_is_tried(
    imap_case: ImapCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.login_gate.PAUSE_SECONDS", 0.0)
    with postbox(replace(imap_case.account, password="falsch")) as box:
        with pytest.raises(Refused):
            box.folders()
        box._account = imap_case.account
        assert box.folders() == ("INBOX",)


def test_a_password_with_umlauts_logs_in() -> None:
    with DovecotServer(users=("nord",), password='Schlüssel€ "x\\') as server:
        account = ImapAccount(
            "localhost", server.imaps_port, "nord", server.password, ca_file=server.ca_file
        )
        with postbox(account) as box:
            assert box.folders() == ("INBOX",)
        assert code_of(replace(account, password="Schlüssel")) == "postbox.login_refused"


def test_an_account_never_shows_its_password() -> None:
    assert "geheim" not in repr(ImapAccount("localhost", 993, "nord", "geheim"))


def test_neither_password_nor_mail_comes_into_a_log(
    imap_case: ImapCase, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    imap_case.deliver(MAIL)
    view = imap_case.box.view("INBOX")
    assert len(tuple(imap_case.box.fetch("INBOX", view.epoch, view.uids))) == 1
    assert imap_case.server.password not in caplog.text
    assert "ziehe um" not in caplog.text


def test_a_dead_line_is_noticed_while_nothing_is_sent(imap_case: ImapCase) -> None:
    with postbox(imap_case.account) as box:
        box.folders()
        assert box._session is not None
        sock = box._session.client.socket()
        options = (
            sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE),
            sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT),
            sock.gettimeout(),
        )
    assert options == (1, 60_000, 20)


# Servers that go away


def test_a_killed_server_is_tried_later_and_works_again_after_the_restart() -> None:
    with DovecotServer(users=("nord",)) as server:
        account = ImapAccount(
            "localhost", server.imaps_port, "nord", server.password, ca_file=server.ca_file
        )
        with postbox(account) as box:
            place = box.append("INBOX", MAIL)
            assert place is not None
            server.kill()
            for _ in range(2):
                with pytest.raises(TryLater) as caught:
                    box.view("INBOX")
                assert caught.value.code == "postbox.away"
            server.start()
            assert box.view("INBOX").uids == (place.uid,)


def test_a_server_killed_while_fetching_is_tried_later() -> None:
    with DovecotServer(users=("nord",)) as server:
        account = ImapAccount(
            "localhost", server.imaps_port, "nord", server.password, ca_file=server.ca_file
        )
        with postbox(account) as box:
            for _ in range(60):
                box.append("INBOX", MAIL)
            view = box.view("INBOX")
            messages = box.fetch("INBOX", view.epoch, view.uids)
            next(messages)
            server.kill()
            with pytest.raises(TryLater):
                tuple(messages)
            server.start()
            assert len(tuple(box.fetch("INBOX", view.epoch, view.uids))) == 60


def test_a_name_that_does_not_exist_is_tried_later() -> None:
    account = ImapAccount("localhost", 1, "nord", "geheim", timeout_seconds=2)
    assert code_of(account) == "postbox.away"


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (HANG, "postbox.away"),
        (CLOSE, "postbox.away"),
        ("* BYE restarting\r\n", "postbox.away"),
        ("HTTP/1.1 400 Bad Request\r\n", "postbox.away"),
        ("* SEARCH eins zwei\r\n{tag} OK done\r\n", "postbox.answer_unclear"),
        ("{tag} NO [SERVERBUG] ouch\r\n", "postbox.busy"),
        ("{tag} NO [NOPERM] not for you\r\n", "postbox.no_right"),
        ("{tag} NO something else\r\n", "postbox.command_refused"),
        ("{tag} BAD what?\r\n", "postbox.command_refused"),
    ],
)
def test_every_odd_answer_becomes_an_error_of_the_house(
    certificate: Path, answer: str, code: str
) -> None:
    with scripted(certificate, {"UID SEARCH": answer}) as (box, _):
        with pytest.raises(HouseError) as caught:
            box.view("INBOX")
        assert caught.value.code == code
        assert box.folders() == ("INBOX",)  # connects anew where it must


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ("{tag} NO [UNAVAILABLE] directory is down\r\n", "postbox.busy"),
        ("{tag} NO [ALREADYEXISTS] Mailbox already exists\r\n", "postbox.busy"),
        ("{tag} NO [AUTHENTICATIONFAILED] no\r\n", "postbox.login_refused"),
        ("{tag} NO no\r\n", "postbox.login_refused"),
        (CLOSE, "postbox.away"),
        (HANG, "postbox.away"),
    ],
)
def test_only_a_real_refusal_of_the_login_is_permanent(
    certificate: Path, answer: str, code: str
) -> None:
    with scripted(certificate, {"LOGIN": answer}) as (box, _):
        with pytest.raises(HouseError) as caught:
            box.folders()
        assert caught.value.code == code


# Proofs


def test_ok_without_copyuid_is_no_proof(certificate: Path) -> None:
    with scripted(certificate, {"UID MOVE": "{tag} OK moved\r\n"}) as (box, _):
        assert box.move(Place("INBOX", "7", "1"), "Ablage") is None


def test_copyuid_of_another_message_is_no_proof(certificate: Path) -> None:
    answer = "* OK [COPYUID 9 2 40] moved\r\n{tag} OK done\r\n"
    with scripted(certificate, {"UID MOVE": answer}) as (box, _):
        assert box.move(Place("INBOX", "7", "1"), "Ablage") is None


@pytest.mark.parametrize(
    "answer",
    ["* OK [COPYUID 9 1 40] moved\r\n{tag} OK done\r\n", "{tag} OK [COPYUID 9 1 40] done\r\n"],
    ids=["untagged", "tagged"],
)
def test_copyuid_counts_where_the_server_puts_it(certificate: Path, answer: str) -> None:
    with scripted(certificate, {"UID MOVE": answer}) as (box, _):
        assert box.move(Place("INBOX", "7", "1"), "Ablage") == Place("Ablage", "9", "40")


@pytest.mark.parametrize("answer", [CLOSE, HANG])
def test_a_move_whose_answer_is_lost_is_in_doubt_and_never_repeated_by_the_driver(
    certificate: Path, answer: str
) -> None:
    with scripted(certificate, {"UID MOVE": answer}) as (box, server):
        with pytest.raises(TryLater) as caught:
            box.move(Place("INBOX", "7", "1"), "Ablage")
        assert caught.value.code == "postbox.away"
        assert box.view("INBOX").uids == ()
    assert sum("UID MOVE" in line for line in server.lines) == 1


def test_a_copy_without_proof_deletes_nothing(certificate: Path) -> None:
    answers = {
        "CAPABILITY": "* CAPABILITY IMAP4rev1 UIDPLUS\r\n{tag} OK done\r\n",
        "UID COPY": "{tag} OK copied\r\n",
    }
    with scripted(certificate, answers) as (box, server):
        assert box.move(Place("INBOX", "7", "1"), "Ablage") is None
    assert not any("STORE" in line or "EXPUNGE" in line for line in server.lines)


def test_append_without_appenduid_gives_no_place(certificate: Path) -> None:
    with scripted(certificate, {"APPEND": "{tag} OK stored\r\n"}) as (box, _):
        assert box.append("INBOX", MAIL) is None


def test_a_folder_that_may_not_be_written_is_refused(certificate: Path) -> None:
    answer = "* 1 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n{tag} OK [READ-ONLY] done\r\n"
    with scripted(certificate, {"SELECT": answer}) as (box, _):
        with pytest.raises(Refused) as caught:
            box.move(Place("INBOX", "7", "1"), "Ablage")
        assert caught.value.code == "postbox.no_right"


def test_a_folder_made_by_somebody_else_meanwhile_is_fine(certificate: Path) -> None:
    with scripted(certificate, {"CREATE": "{tag} NO [ALREADYEXISTS] there\r\n"}) as (box, _):
        assert box.ensure_folder("Ablage") is False


def test_a_full_postbox_is_tried_later(certificate: Path) -> None:
    answers = {"APPEND": "{tag} NO [OVERQUOTA] full\r\n"}
    with scripted(certificate, answers) as (box, _), pytest.raises(TryLater) as caught:
        box.append("INBOX", MAIL)
    assert caught.value.code == "postbox.busy"


def test_what_a_server_repeats_of_a_mail_is_masked(certificate: Path) -> None:
    words = "spam? Konto DE36 0000 0000 0000 0000 00 von 123A456789"
    answers = {"APPEND": f"{{tag}} NO [POLICY] {words}\r\n"}
    with scripted(certificate, answers) as (box, _), pytest.raises(Refused) as caught:
        box.append("INBOX", MAIL)
    assert "spam? Konto [IBAN] von [Kundennummer]" in caught.value.message


def test_reading_asks_for_nothing_that_writes(imap_case: ImapCase, certificate: Path) -> None:
    fetched = '* 1 FETCH (UID 1 RFC822.SIZE 3 INTERNALDATE "01-Feb-2025 10:00:00 +0100")\r\n'
    answers = {
        "UID SEARCH": "* SEARCH 1\r\n{tag} OK done\r\n",
        "UID FETCH": fetched + "* 1 FETCH (UID 1 BODY[] {3}\r\nabc)\r\n{tag} OK done\r\n",
        "STATUS": "* STATUS INBOX (UIDNEXT 2 UIDVALIDITY 7)\r\n{tag} OK done\r\n",
    }
    with scripted(certificate, answers) as (box, server):
        (message,) = box.fetch("INBOX", "7", box.view("INBOX").uids)
        assert isinstance(message, Fetched)
        assert message.received_at.isoformat() == "2025-02-01T09:00:00+00:00"
        assert box.since(box.watermark("INBOX")) == ()
        box.folders()
    said = " ".join(server.lines)
    for word in ("SELECT", "STORE", "COPY", "MOVE", "EXPUNGE", "APPEND", "CREATE", " BODY["):
        assert word not in said


# Servers with fewer or other abilities


def test_without_move_a_message_is_copied_and_only_it_removed() -> None:
    with DovecotServer(users=("nord",), options=DovecotOptions(capability=NO_MOVE)) as server:
        case = ImapCase(server, "nord")
        case.deliver(MAIL, MAIL.replace(b"Umzug", b"von anderen"))
        box = case.box
        box.ensure_folder("Ablage")
        view = box.view("INBOX")
        case.mark(view.uids[0], "\\Flagged")
        with case.person() as person:  # somebody else's mail, marked as deleted, not ours to remove
            person.select_folder("INBOX")
            person.add_flags([int(view.uids[1])], ["\\Deleted"])
        moved = box.move(Place("INBOX", view.epoch, view.uids[0]), "Ablage")
        assert moved is not None
        assert box.view("INBOX").uids == view.uids[1:]
        (message,) = box.fetch("Ablage", moved.epoch, (moved.uid,))
        assert isinstance(message, Fetched)
        assert message.data == MAIL
        assert case.flags("Ablage", moved.uid) == {"\\Flagged"}
        assert box.move(Place("INBOX", view.epoch, view.uids[0]), "Ablage") is None
        box.close()


def test_without_uidplus_a_postbox_can_only_be_observed() -> None:
    with DovecotServer(users=("nord",), options=DovecotOptions(capability=NO_UIDPLUS)) as server:
        case = ImapCase(server, "nord")
        case.deliver(MAIL)
        with pytest.raises(Refused) as caught:
            case.box.folders()
        assert caught.value.code == "postbox.no_uidplus"
        reading = ImapPostbox("nord", case.account, purpose="read")
        view = reading.view("INBOX")
        assert len(tuple(reading.fetch("INBOX", view.epoch, view.uids))) == 1
        with pytest.raises(Refused) as caught:
            reading.move(Place("INBOX", view.epoch, view.uids[0]), "Ablage")
        assert caught.value.code == "postbox.no_uidplus"
        assert len(reading.view("INBOX").uids) == 1
        reading.close()


def test_a_server_with_dots_and_a_prefix_shows_the_same_names() -> None:
    options = DovecotOptions(separator=".", prefix="INBOX.")
    with DovecotServer(users=("nord",), options=options) as server:
        case = ImapCase(server, "nord")
        assert case.box.ensure_folder("435 Kassel/Süd & Nord") is True
        assert case.box.folders() == ("435 Kassel", "435 Kassel/Süd & Nord", "INBOX")
        assert case.box.append("435 Kassel/Süd & Nord", MAIL) is not None
        with case.person() as person:
            assert person.folder_exists("INBOX.435 Kassel.Süd & Nord")
        with pytest.raises(Refused) as caught:
            case.box.ensure_folder("Dr. Muster")
        assert caught.value.code == "postbox.folder_name"
        case.box.close()


def test_a_folder_numbered_anew_is_a_conflict(imap_case: ImapCase) -> None:
    imap_case.deliver(MAIL)
    box = imap_case.box
    box.ensure_folder("Ablage")
    view = box.view("INBOX")
    mark = box.watermark("INBOX")
    box.close()
    time.sleep(1.1)  # UIDVALIDITY is a time in seconds
    imap_case.server.renumber(imap_case.user)
    for call in (
        lambda: box.move(Place("INBOX", view.epoch, view.uids[0]), "Ablage"),
        lambda: tuple(box.fetch("INBOX", view.epoch, view.uids)),
        lambda: box.since(mark),
    ):
        with pytest.raises(Conflict) as caught:
            call()
        assert caught.value.code == "postbox.epoch_changed"
    assert box.view("INBOX").epoch != view.epoch
    assert len(box.view("INBOX").uids) == 1


def test_a_message_keeps_its_time_of_arrival_when_it_is_moved(imap_case: ImapCase) -> None:
    box = imap_case.box
    box.ensure_folder("Ablage")
    place = box.append("INBOX", MAIL)
    assert place is not None
    (before,) = box.fetch("INBOX", place.epoch, (place.uid,))
    moved = box.move(place, "Ablage")
    assert moved is not None
    (after,) = box.fetch("Ablage", moved.epoch, (moved.uid,))
    assert after.received_at == before.received_at


def test_since_leaves_out_what_lies_below_the_mark(imap_case: ImapCase) -> None:
    box = imap_case.box
    box.append("INBOX", MAIL)
    mark = box.watermark("INBOX")
    assert box.since(mark) == ()
    place = box.append("INBOX", MAIL)
    assert place is not None
    assert box.since(mark) == (place.uid,)


# Messages that can't be had


FACTS = '* {n} FETCH (UID {n} RFC822.SIZE {size} INTERNALDATE "01-Feb-2025 10:00:00 +0100")\r\n'


def facts(count: int, size_bytes: int = 3) -> str:
    lines = (FACTS.format(n=n, size=size_bytes) for n in range(1, count + 1))
    return "".join(lines) + "{tag} OK done\r\n"


def test_a_server_that_reads_nothing_any_more_is_tried_later(certificate: Path) -> None:
    answers = {"UID FETCH": facts(9), "UID FETCH 1": facts(9)}
    for uids in ("1:9", *"123456789", "1,2,3,4,5,6,7,8,9"):
        answers[f"UID FETCH {uids} (BODY"] = CLOSE
    with scripted(certificate, answers) as (box, server):
        with pytest.raises(TryLater):
            tuple(box.fetch("INBOX", "7", tuple("123456789")))
        assert not any("UID FETCH 4 (BODY" in line for line in server.lines)


def test_expungeissued_is_asked_once_more_after_noop(certificate: Path) -> None:
    answers = {
        "UID FETCH": facts(2),
        "UID FETCH 1,2 (BODY": "{tag} NO [EXPUNGEISSUED] gone\r\n",
        "NOOP": "{tag} OK done\r\n",
        "UID FETCH 1 (BODY": "* 1 FETCH (UID 1 BODY[] {3}\r\nabc)\r\n{tag} OK done\r\n",
        "UID FETCH 2 (BODY": "{tag} OK done\r\n",
    }
    with scripted(certificate, answers) as (box, server):
        assert [m.place.uid for m in box.fetch("INBOX", "7", ("1", "2"))] == ["1"]
    said = [line.partition(" ")[2] for line in server.lines]
    assert said.count("UID FETCH 1,2 (BODY.PEEK[])") == 2
    assert "NOOP" in said


def test_a_big_message_that_vanishes_between_two_pieces_is_left_out(certificate: Path) -> None:
    first = "* 1 FETCH (UID 1 BODY[]<0> {1048576}\r\n" + "x" * 1048576 + ")\r\n{tag} OK done\r\n"
    answers = {
        "UID FETCH": facts(1, 6_000_000),
        "UID FETCH 1 (BODY.PEEK[]<0.": first,
        "UID FETCH 1 (BODY.PEEK[]<1048576.": "{tag} OK done\r\n",
    }
    with scripted(certificate, answers) as (box, _):
        assert tuple(box.fetch("INBOX", "7", ("1",))) == ()


# Windows and batches


def test_search_in_windows_finds_every_message(
    imap_case: ImapCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap_fetch, "_SEARCH_WINDOW", 7)
    monkeypatch.setattr(imap_fetch, "_AT_ONCE", 10)
    imap_case.deliver(*[MAIL] * 40)
    uids = imap_case.box.view("INBOX").uids
    assert uids == tuple(str(number) for number in range(1, 41))
    for uid in (*uids[3:25], uids[39]):
        imap_case.remove(uid)
    left = imap_case.box.view("INBOX").uids
    assert left == (*uids[:3], *uids[25:39])


def test_facts_are_asked_for_in_bounded_chunks(
    imap_case: ImapCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap_fetch, "FACTS_AT_ONCE", 7)
    imap_case.deliver(*[MAIL] * 20)
    view = imap_case.box.view("INBOX")
    messages = tuple(imap_case.box.fetch("INBOX", view.epoch, view.uids))
    assert [m.place.uid for m in messages] == list(view.uids)


def test_whatever_was_open_last_the_folder_that_is_meant_is_read_and_moved_from(
    imap_case: ImapCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap_fetch, "_BATCH_MESSAGES", 1)
    imap_case.deliver(MAIL, MAIL)
    box = imap_case.box
    box.ensure_folder("Ablage")
    view = box.view("INBOX")
    read: list[Place] = []
    for mail in box.fetch("INBOX", view.epoch, view.uids):
        read.append(mail.place)
        box.view("Ablage")
    assert read == [Place("INBOX", view.epoch, uid) for uid in view.uids]
    moved = box.move(read[0], "Ablage")
    assert moved is not None
    assert box.move(moved, "INBOX") is not None


@example([0] * 51)
@given(st.lists(st.one_of(st.none(), st.integers(0, 20_000_000)), max_size=200))
def test_batches_keep_order_and_bounds(sizes: list[int | None]) -> None:
    known = {
        uid: Facts(size, datetime(2025, 2, 1, tzinfo=UTC))
        for uid, size in enumerate(sizes)
        if size is not None
    }
    found = list(imap_fetch.batches(range(len(sizes)), known))
    assert [uid for batch in found for uid in batch] == list(known)
    for batch in found:
        assert 1 <= len(batch) <= 50
        assert len(batch) == 1 or sum(known[uid].size_bytes for uid in batch) <= 8 * 1024 * 1024


UNUSUAL = {
    "flags beside the body": "* 1 FETCH (UID 1 BODY[] {3}\r\nabc FLAGS (\\Seen))\r\n",
    "the UID last": "* 1 FETCH (BODY[] {3}\r\nabc UID 1)\r\n",
    "a quoted body": '* 1 FETCH (UID 1 BODY[] "abc")\r\n',
    "another mail by the way": "* 9 FETCH (UID 9 FLAGS (\\Seen))\r\n"
    "* 1 FETCH (UID 1 BODY[] {3}\r\nabc)\r\n",
    "as always": "* 1 FETCH (UID 1 BODY[] {3}\r\nabc)\r\n",
}
DATES = {
    '"01-Feb-2025 10:00:00 +0100"': "2025-02-01T09:00:00+00:00",
    '" 1-Feb-2025 10:00:00 -0130"': "2025-02-01T11:30:00+00:00",
}


@pytest.mark.parametrize("body", UNUSUAL.values(), ids=UNUSUAL)
@pytest.mark.parametrize(("date", "moment"), DATES.items())
def test_bodies_are_found_however_the_answer_is_written(
    certificate: Path, body: str, date: str, moment: str
) -> None:
    facts = f"* 1 FETCH (UID 1 RFC822.SIZE 3 INTERNALDATE {date})\r\n"
    answers = {
        "UID SEARCH": "* SEARCH 1\r\n{tag} OK done\r\n",
        "UID FETCH": facts + body + "{tag} OK done\r\n",
    }
    with scripted(certificate, answers) as (box, _):
        (message,) = box.fetch("INBOX", "7", box.view("INBOX").uids)
    assert isinstance(message, Fetched)
    assert message.data == b"abc"
    assert message.received_at.isoformat() == moment
