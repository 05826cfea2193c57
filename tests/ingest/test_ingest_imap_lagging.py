"""Servers as Courier and Cyrus: no UIDNEXT, no codes, something in place of what is not there.

The answers are those of Courier-IMAP 5.0.13 and Cyrus 3.6.1; both themselves: `make foreign`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ingest.imap.postbox import ImapPostbox
from rules.errors import Refused
from rules.postbox import Fetched, Place
from tests.ingest.test_ingest_imap import scripted
from tests.servers.scripted_imap import ScriptedImap

HEAD = "From: System Administrator <root@localhost>\r\nSubject: message unavailable\r\n\r\n"
STAND_IN = HEAD + "This message is no longer available on the server.\r\n"
FACTS = (
    "* 1 FETCH (UID 1 RFC822.SIZE {0}"
    ' INTERNALDATE "27-Nov-2026 09:12:50 +0000" FLAGS ())\r\n{{tag}} OK FETCH completed.\r\n'
)
COURIER = {
    "CAPABILITY": "* CAPABILITY IMAP4rev1 UIDPLUS\r\n{tag} OK done\r\n",
    "EXAMINE": "* 1 EXISTS\r\n* OK [UIDVALIDITY 6] Ok\r\n{tag} OK [READ-ONLY] Ok\r\n",
    "SELECT": "* 2 EXISTS\r\n* OK [UIDVALIDITY 7] Ok\r\n{tag} OK [READ-WRITE] Ok\r\n",
    "STATUS": '* STATUS "INBOX" (UIDNEXT 9)\r\n{tag} OK STATUS Completed.\r\n',
    "UID SEARCH": "* SEARCH 1 8\r\n{tag} OK done\r\n",
    "UID COPY": "{tag} OK [COPYUID 9 1 40] COPY completed.\r\n",
    "UID STORE": "{tag} OK STORE completed.\r\n",
    "UID EXPUNGE": "{tag} OK EXPUNGE completed\r\n",
    "UID FETCH": "{tag} OK FETCH completed.\r\n",
    "NOOP": "{tag} OK NOOP completed\r\n",
}


@contextmanager
def courier(
    certificate: Path,
    **answers: str,
) -> Iterator[tuple[ImapPostbox, ScriptedImap]]:
    named = {name.replace("_", " "): answer for name, answer in answers.items()}
    with scripted(certificate, COURIER | named) as both:
        yield both


def commands(server: ScriptedImap) -> list[str]:
    return [line.split(" ", 1)[1].split(" (")[0].replace('"', "") for line in server.lines]


def fetched(data: str, size: int) -> dict[str, str]:
    answer = f"* 1 FETCH (UID 1 BODY[] {{{len(data)}}}\r\n{data})\r\n{{tag}} OK done\r\n"
    return {"UID FETCH": FACTS.format(size), "UID FETCH 1 (BODY": answer}


def test_numbers_count_when_the_server_has_written_them_down(certificate):
    with courier(certificate) as (box, server):
        view = box.view("INBOX")
    assert (view.epoch, view.uids, view.next_uid) == ("7", ("1", "8"), 9)
    said = commands(server)
    assert said[said.index("EXAMINE INBOX") :][:4] == [
        "EXAMINE INBOX", "SELECT INBOX", "STATUS INBOX", "UID SEARCH UID 1:*",
    ]  # fmt: skip


def test_a_folder_that_may_only_be_read_counts_as_the_server_says(certificate):
    read_only = COURIER["SELECT"].replace("READ-WRITE", "READ-ONLY")
    many = COURIER["EXAMINE"].replace("* 1 EXISTS", "* 90000 EXISTS")
    for examined in (COURIER["EXAMINE"], many):
        with courier(certificate, SELECT=read_only, EXAMINE=examined) as (box, _):
            view = box.view("INBOX")
        assert (view.epoch, view.uids, view.next_uid) == ("6", ("1", "8"), None)


def test_a_folder_of_200000_mails_is_read_in_lines_that_imaplib_takes(certificate):
    all_of, window = range(1, 200_001), 20_000
    spans = {f"{n}:{n + window - 1}": range(n, n + window) for n in all_of[::window]}
    spans |= {"1:*": all_of, "180001:*": all_of[-window:]}
    opened = "* 200000 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n* OK [UIDNEXT 200001] ok\r\n"
    answers = {
        f"UID SEARCH UID {span}": f"* SEARCH {' '.join(map(str, uids))}\r\n{{tag}} OK done\r\n"
        for span, uids in spans.items()
    }
    with scripted(certificate, {"EXAMINE": opened + "{tag} OK done\r\n"} | answers) as (box, _):
        assert box.view("INBOX").uids == tuple(map(str, all_of))


def test_a_server_that_says_uidnext_is_asked_nothing_more(certificate):
    with scripted(certificate, {}) as (box, server):
        box.view("INBOX")
    assert not {"SELECT INBOX", "STATUS INBOX", "NOOP"} & set(commands(server))


@pytest.mark.parametrize("servers", [COURIER, {}], ids=["courier", "others"])
def test_what_people_set_meanwhile_is_asked_for_before_the_next_move(certificate, servers):
    moving = {name: COURIER[name] for name in COURIER if name.startswith(("UID", "CAPABILITY"))}
    with scripted(certificate, moving | servers) as (box, server):
        for _ in range(2):
            assert box.move(Place("INBOX", "7", "1"), "Ablage") == Place("Ablage", "9", "40")
    said = commands(server)
    between = said[said.index("UID FETCH 1") + 1 :]
    assert between[: between.index("UID COPY 1 Ablage")] == (["NOOP"] if servers else [])


@pytest.mark.parametrize("size", [129, 4000])
def test_what_stands_in_place_of_a_mail_is_no_mail(certificate, size):
    with scripted(certificate, fetched(STAND_IN, size)) as (box, _):
        assert tuple(box.fetch("INBOX", "7", ("1",))) == ()


def test_the_head_of_what_stands_in_place_of_a_mail_is_none(certificate):
    answer = f"* 1 FETCH (UID 1 BODY[HEADER]<0> {{{len(HEAD)}}}\r\n{HEAD})\r\n{{tag}} OK done\r\n"
    answers = {"UID FETCH": FACTS.format(1 << 40), "UID FETCH 1 (BODY": answer}
    with scripted(certificate, answers) as (box, _):
        assert tuple(box.fetch("INBOX", "7", ("1",))) == ()


def test_a_mail_that_only_quotes_it_is_a_mail(certificate):
    data = "Received: by mx.post.example\r\n" + STAND_IN
    with scripted(certificate, fetched(data, len(data))) as (box, _):
        (mail,) = box.fetch("INBOX", "7", ("1",))
    assert isinstance(mail, Fetched)
    assert mail.data == data.encode()


def test_a_mail_whose_file_is_lost_is_named_and_left_out(certificate, capsys):
    answers = {"UID FETCH": FACTS.format(18), "UID FETCH 1 (BODY": "{tag} OK Completed\r\n"}
    with scripted(certificate, answers) as (box, _):
        assert tuple(box.fetch("INBOX", "7", ("1",))) == ()
    assert '"postbox.message_unreadable"' in capsys.readouterr().err


@pytest.mark.parametrize(("again", "mails"), [(129, 0), (6_000_000, 1)])
def test_a_big_mail_that_ends_early_is_left_out(certificate, again, mails):
    """Where the size is an estimate only, it is the same when it is asked for again."""
    first = f"* 1 FETCH (UID 1 BODY[]<0> {{1000}}\r\n{'x' * 1000})\r\n{{tag}} OK done\r\n"
    answers = {"UID FETCH": FACTS.format(6_000_000), "UID FETCH 1 (BODY": first}
    with scripted(certificate, answers) as (box, server):
        messages = box.fetch("INBOX", "7", ("1",))
        real = server._answer

        def later(command: str) -> str:
            body_was_read = any("BODY.PEEK" in line for line in server.lines)
            if "RFC822.SIZE" in command and body_was_read:
                return FACTS.format(again)
            return real(command)

        server._answer = later
        assert len(tuple(messages)) == mails


def test_a_folder_made_by_somebody_else_meanwhile_is_fine_without_a_code(certificate):
    listed = '* LIST () "/" INBOX\r\n{tag} OK done\r\n'
    create = "{tag} NO Mailbox already exists\r\n"
    with scripted(certificate, {"CREATE": create, "LIST": listed}) as (box, server):
        box.folders()
        real = server._answer
        server._answer = lambda command: (
            real(command).replace("INBOX", "Ablage")
            if (command.startswith("LIST") and any("CREATE" in line for line in server.lines))
            else real(command)
        )
        assert box.ensure_folder("Ablage") is False
        with pytest.raises(Refused) as caught:
            box.ensure_folder("Nicht zu machen")
    assert caught.value.code == "postbox.command_refused"


FLAGS = "* 1 FETCH (UID 1 FLAGS (\\Deleted))\r\n{tag} OK FETCH completed.\r\n"


@pytest.mark.parametrize(("stays", "removals"), [(0, 1), (2, 3), (9, 3)])
def test_a_message_that_an_ok_did_not_remove_is_removed_again(certificate, capsys, stays, removals):
    with courier(certificate) as (box, server):
        box.view("INBOX")
        real = server._answer

        def answer(command: str) -> str:
            if not command.startswith("UID FETCH"):
                return real(command)
            tries = sum("UID EXPUNGE" in line for line in server.lines)
            return FLAGS if tries <= stays else "{tag} OK FETCH completed.\r\n"

        server._answer = answer
        # The copy is proven, whatever becomes of its source.
        assert box.move(Place("INBOX", "7", "1"), "Ablage") == Place("Ablage", "9", "40")
    assert sum("UID EXPUNGE" in line for line in server.lines) == removals
    is_told = '"postbox.source_stays"' in capsys.readouterr().err
    assert is_told is (stays >= removals)
