"""What IMAP servers in the field really say, as their users reported it, and what we make of it."""

import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from ingest.imap.bell import ImapBell
from ingest.imap.fetch import UNTOLD
from ingest.imap.postbox import ImapPostbox
from ingest.imap.session import ImapAccount
from ingest.login_gate import LoginGate
from rules.errors import HouseError, TryLater
from rules.postbox import Fetched, MarkChange, Place, TooLarge, Watermark
from tests.servers.scripted_imap import CLOSE, DRIP, ScriptedImap

NOT_CONNECTED = "{tag} BAD User is authenticated but not connected.\r\n"
THROTTLED = "{tag} BAD Request is throttled. Suggested Backoff Time: 93 milliseconds\r\n"
DATE = '"01-Feb-2025 10:00:00 +0100"'
USUAL = f"* 1 FETCH (UID 1 RFC822.SIZE 3 INTERNALDATE {DATE} FLAGS ())"
USUAL_BODY = "* 1 FETCH (UID 1 BODY[] {3}\r\nabc)"
DONE = "{tag} OK done\r\n"


@contextmanager
def peer(
    certificate: Path,
    answers: Mapping[str, str],
    greeting: str = "* OK ready\r\n",
    *,
    timeout_seconds: float = 2,
) -> Iterator[tuple[ImapPostbox, ScriptedImap]]:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, certificate.with_name("key.pem"))
    with ScriptedImap(answers, context, greeting) as server:
        account = ImapAccount(
            "localhost",
            server.port,
            "nord",
            "geheim",
            ca_file=certificate,
            timeout_seconds=timeout_seconds,
        )
        box = ImapPostbox("nord", account)
        try:
            yield box, server
        finally:
            box.close()


def lines(*said: str) -> str:
    return "".join(f"{line}\r\n" for line in said) + DONE


def opened(*said: str) -> str:
    return lines("* 1 EXISTS", "* OK [UIDVALIDITY 7] ok", "* OK [UIDNEXT 2] ok", *said)


def fetched(box: ImapPostbox, *uids: int) -> list[Fetched]:
    found = list(box.fetch("INBOX", "7", tuple(map(str, uids))))
    assert all(isinstance(mail, Fetched) for mail in found)
    return [mail for mail in found if isinstance(mail, Fetched)]


def told(ask: Callable[[], object]) -> str:
    with pytest.raises(HouseError) as caught:
        ask()
    return caught.value.code


# A server that is busy, or has forgotten who is on the line, is asked later and refuses nothing.


@pytest.mark.parametrize(
    "greeting",
    [
        "* BYE [ALERT] Maximum connection limit reached\r\n",
        "* BYE Temporary problem, come back\r\n",
        "* NO Server busy\r\n",
    ],
)
def test_a_greeting_that_lets_nobody_in_now_is_no_refusal(certificate: Path, greeting: str) -> None:
    with peer(certificate, {}, greeting) as (box, _):
        assert told(box.folders) == "postbox.busy"


@pytest.mark.parametrize("command", ["EXAMINE", "UID SEARCH", "CAPABILITY", "LIST"])
@pytest.mark.parametrize(
    "answer",
    [
        NOT_CONNECTED,
        THROTTLED,
        "{tag} NO Server Unavailable. 15\r\n",
        "{tag} NO [THROTTLED] Account exceeded command or bandwidth limits\r\n",
        "{tag} NO [AUTHORIZATIONFAILED] the session has expired\r\n",
    ],
)
def test_exchange_online_and_its_like_are_tried_again_on_a_new_line(
    certificate: Path, command: str, answer: str
) -> None:
    # imaplib asks for the capabilities before the login, and takes no such server at all.
    answers = {"LIST" if command == "CAPABILITY" else command: answer}
    with peer(certificate, answers) as (box, server):
        for _ in range(2):
            assert told(lambda: (box.folders(), box.view("INBOX"))) == "postbox.busy"
        is_coded = "[THROTTLED]" in answer and command in {"EXAMINE", "UID SEARCH"}
        assert sum("LOGIN" in line for line in server.lines) == (1 if is_coded else 2)


@pytest.mark.parametrize(
    "answer",
    [
        "{tag} NO Server Unavailable. 15\r\n",
        "{tag} NO [ALERT] Too many simultaneous connections. (Failure)\r\n",
        "{tag} NO [THROTTLED] Account exceeded command or bandwidth limits\r\n",
        NOT_CONNECTED,
    ],
)
def test_a_login_that_comes_too_often_is_no_wrong_password(certificate: Path, answer: str) -> None:
    with peer(certificate, {"LOGIN": answer}) as (box, server):
        assert [told(box.folders), told(box.folders)] == ["postbox.busy", "postbox.busy"]
        assert sum("LOGIN" in line for line in server.lines) == 2


def test_a_refused_login_names_the_reason_that_the_server_gave(certificate: Path) -> None:
    with (
        peer(certificate, {"LOGIN": "{tag} NO [EXPIRED] change it\r\n"}) as (box, _),
        pytest.raises(HouseError, match=r"'nord' \(EXPIRED\)") as caught,
    ):
        box.folders()
    assert caught.value.code == "postbox.login_refused"


def test_where_login_is_switched_off_plain_is_said(certificate: Path) -> None:
    words = "IMAP4rev1 UIDPLUS MOVE LOGINDISABLED AUTH=PLAIN"
    with peer(certificate, {"CAPABILITY": lines(f"* CAPABILITY {words}")}) as (box, server):
        assert told(box.folders) == "postbox.login_refused"  # the script has no AUTHENTICATE
        said = [line.split(" ", 1)[1] for line in server.lines]
    assert "AUTHENTICATE PLAIN" in said
    assert not any(line.startswith("LOGIN") for line in said)


def test_a_move_that_meets_a_forgotten_login_is_in_doubt_and_not_refused(
    certificate: Path,
) -> None:
    with peer(certificate, {"UID MOVE": NOT_CONNECTED}) as (box, _):
        assert told(lambda: box.move(Place("INBOX", "7", "1"), "Ablage")) == "postbox.busy"


# A folder that can't be opened just now is not one that somebody removed, with all its mail.


@pytest.mark.parametrize(
    ("listed", "code"),
    [
        (['* LIST () "/" INBOX', '* LIST () "/" Ablage'], "postbox.command_refused"),
        (['* LIST (\\NoSelect) "/" Ablage'], "postbox.folder_missing"),
        ([], "postbox.folder_missing"),
    ],
)
def test_only_a_folder_that_is_not_listed_is_missing(
    certificate: Path, listed: list[str], code: str
) -> None:
    answers = {
        "EXAMINE": "{tag} NO cannot open mailbox\r\n",
        "STATUS": "{tag} NO cannot open mailbox\r\n",
        'LIST "" "ABLAGE"': lines(*listed),
    }
    with peer(certificate, answers) as (box, _):
        assert told(lambda: box.view("Ablage")) == code
        assert told(lambda: box.watermark("Ablage")) == code


def test_a_refusal_with_a_reason_of_its_own_does_not_say_that_the_folder_is_gone(
    certificate: Path,
) -> None:
    answers = dict.fromkeys(("EXAMINE", "STATUS"), "{tag} NO [CONTACTADMIN] ask\r\n")
    with peer(certificate, answers | {'LIST "" "ABLAGE"': DONE}) as (box, _):
        assert told(lambda: box.view("Ablage")) == "postbox.command_refused"
        assert told(lambda: box.watermark("Ablage")) == "postbox.command_refused"


# What must be in an answer and is not.


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("EXAMINE", lines("* 1 EXISTS", "* OK [UIDNEXT 2] ok")),
        ("EXAMINE", lines("* OK [UIDVALIDITY 7] ok", "* OK [UIDNEXT 2] ok")),
        ("STATUS", lines("* STATUS INBOX (UIDVALIDITY 7)")),
        ("STATUS", DONE),
    ],
)
def test_an_answer_that_lacks_its_numbers_is_unclear_and_says_what_it_lacks(
    certificate: Path, command: str, answer: str
) -> None:
    with (
        peer(certificate, {command: answer}) as (box, _),
        pytest.raises(TryLater, match=r"INBOX.* without [A-Z]+") as caught,
    ):
        box.view("INBOX") if command == "EXAMINE" else box.watermark("INBOX")
    assert caught.value.code == "postbox.answer_unclear"


def test_flags_in_odd_letters_hold_up_no_move(certificate: Path) -> None:
    select = opened("* OK [PERMANENTFLAGS (\\Seen gr\xfcn 2024 \\*)] ok")
    answers = {"SELECT": select, "UID MOVE": "* OK [COPYUID 9 1 40] moved\r\n" + DONE}
    with peer(certificate, answers) as (box, _):
        assert box.move(Place("INBOX", "7", "1"), "Ablage") == Place("Ablage", "9", "40")


@pytest.mark.parametrize(
    ("answer", "uids"),
    [
        (lines("* SEARCH 1 2", "* SEARCH 3 4"), ("1", "2", "3", "4")),
        (lines("* SEARCH 4 2 2 1"), ("1", "2", "4")),
        (lines("* SEARCH 0 3"), ("3",)),
        (lines("* SEARCH 1 2 (MODSEQ 917162500) "), ("1", "2")),
        (DONE, ()),
        (lines("* SEARCH 4294967295"), ("4294967295",)),
    ],
    ids=["in two lines", "in no order", "with a nought", "with MODSEQ", "nothing", "the highest"],
)
def test_a_search_is_read_however_it_is_answered(
    certificate: Path, answer: str, uids: tuple[str, ...]
) -> None:
    with peer(certificate, {"UID SEARCH": answer}) as (box, _):
        assert box.view("INBOX").uids == uids


def test_a_uidnext_that_is_too_low_hides_no_mail(certificate: Path) -> None:
    examine = lines("* 90000 EXISTS", "* OK [UIDVALIDITY 7] ok", "* OK [UIDNEXT 50] ok")
    answers = {"EXAMINE": examine, "UID SEARCH": DONE, "UID SEARCH UID 1:*": lines("* SEARCH 700")}
    with peer(certificate, answers) as (box, _):
        assert box.view("INBOX").uids == ("700",)


# Names


@pytest.mark.parametrize(
    ("listed", "folders"),
    [
        (["* LIST () NIL INBOX", '* LIST () NIL "Ablage"'], ("Ablage", "INBOX")),
        (['* LIST () "/" "A & B"', '* LIST () "/" "&2AA-x"', '* LIST () "/" Gut'], ("Gut",)),
        (['* LIST () "/" NIL', '* LIST () "/" Gut'], ("Gut",)),
        (['* LIST () "/" {6}\r\nA (b) ', '* LIST () "/" "C \\"d\\""'], ("A (b) ", 'C "d"')),
        (["* LIST () / (", '* LIST () "/" 435'], ("435",)),
        (['* LIST () "/" INBOX', '* LIST () "/" Inbox'], ("INBOX",)),
        (['* LIST (\\HasNoChildren) "/" A ("CHILDINFO" ("SUBSCRIBED"))'], ("A",)),
    ],
    ids=["no levels", "no UTF-7", "no name", "literal", "garbage", "twins", "extended"],
)
def test_one_odd_folder_name_hides_no_other(
    certificate: Path, listed: list[str], folders: tuple[str, ...]
) -> None:
    answers = {'LIST "" "*"': lines(*listed)}
    with peer(certificate, answers) as (box, _):
        assert box.folders() == folders


@pytest.mark.parametrize(
    ("namespace", "others"),
    [
        ("{tag} NO not here\r\n", {}),
        (DONE, {}),
        (lines("* NAMESPACE NIL NIL NIL"), {}),
        (lines("* NAMESPACE NIL NIL NIL"), {'LIST "" ""': DONE}),
        (lines('* NAMESPACE (("" "/" "X-PARAM" ("FLAG1" "FLAG2"))) (("~" "/")) NIL'), {}),
        (lines('* NAMESPACE (("" "/")) NIL (("" "/"))'), {}),
    ],
    ids=["refused", "no answer", "none", "no root either", "with extensions", "all is shared"],
)
def test_levels_are_found_out_where_namespace_tells_nothing_plain(
    certificate: Path, namespace: str, others: dict[str, str]
) -> None:
    answers = {
        "CAPABILITY": lines("* CAPABILITY IMAP4rev1 UIDPLUS MOVE NAMESPACE"),
        "NAMESPACE": namespace,
        'LIST "" "*"': lines('* LIST () "/" INBOX', '* LIST () "/" "Ablage/A"', '* LIST () "/" ~b'),
    }
    with peer(certificate, answers | others) as (box, _):
        assert {"Ablage/A", "INBOX"} <= set(box.folders())


def test_folders_that_others_share_belong_to_another_postbox(certificate: Path) -> None:
    shared = '* NAMESPACE (("" "/")) (("Andere/" "/")) (("#gemeinsam." "."))'
    listed = ("INBOX", "Ablage", "Andere/sued/INBOX", "#gemeinsam.Region.Ablage")
    answers = {
        "CAPABILITY": lines("* CAPABILITY IMAP4rev1 UIDPLUS MOVE NAMESPACE"),
        "NAMESPACE": lines(shared),
        'LIST "" "*"': lines(*[f'* LIST () "/" "{name}"' for name in listed]),
    }
    with peer(certificate, answers) as (box, _):
        assert box.folders() == ("Ablage", "INBOX")


def test_all_lines_of_the_capabilities_count(certificate: Path) -> None:
    said = lines("* CAPABILITY IMAP4rev1 AUTH=PLAIN", "* CAPABILITY IMAP4rev1 UIDPLUS MOVE")
    moved = "{tag} OK [COPYUID 9 1 20] done\r\n"
    with peer(certificate, {"CAPABILITY": said, "UID MOVE": moved}) as (box, server):
        assert box.folders() == ("INBOX",)
        assert box.move(Place("INBOX", "7", "1"), "Ablage") == Place("Ablage", "9", "20")
        assert any("UID MOVE" in line for line in server.lines)


# Facts and bodies. A mail whose size or time can't be told is a mail all the same.


@pytest.mark.parametrize(
    "facts",
    [
        f"* 1 FETCH (UID 1 INTERNALDATE {DATE} FLAGS ())",
        f"* 1 FETCH (UID 1 RFC822.SIZE NIL INTERNALDATE {DATE} FLAGS ())",
        f"* 1 FETCH (UID 1 RFC822.SIZE -1 INTERNALDATE {DATE} FLAGS ())",
        f"* 1 FETCH (UID 1 RFC822.SIZE 3 INTERNALDATE {DATE} FLAGS NIL)",
        f"* 1 FETCH (UID 1 RFC822.SIZE 3 INTERNALDATE {DATE})",
        "* 1 FETCH (UID 1 RFC822.SIZE 3 FLAGS ())",
    ],
)
def test_a_mail_with_less_facts_is_kept(certificate: Path, facts: str) -> None:
    answers = {"UID FETCH": lines(facts), "UID FETCH 1 (BODY": lines(USUAL_BODY)}
    with peer(certificate, answers) as (box, _):
        assert [mail.data for mail in fetched(box, 1)] == [b"abc"]


@pytest.mark.parametrize(
    ("date", "moment"),
    [
        ("NIL", None),
        ('""', None),
        ('"01-Jan-0001 00:00:00 +0100"', None),
        ('"31-Dec-9999 23:59:59 -0500"', None),
        ('"01-Mrz-2025 00:00:00 +0000"', None),
        ('"Sat, 1 Feb 2025 10:00:00 +0100"', "2025-02-01T09:00:00+00:00"),
        ('"1-FEB-2025 10:00:00 +0100"', "2025-02-01T09:00:00+00:00"),
    ],
)
def test_a_time_of_arrival_that_is_none_costs_no_mail(
    certificate: Path, date: str, moment: str | None
) -> None:
    facts = f"* 1 FETCH (UID 1 RFC822.SIZE 3 INTERNALDATE {date} FLAGS ())"
    answers = {"UID FETCH": lines(facts), "UID FETCH 1 (BODY": lines(USUAL_BODY)}
    with peer(certificate, answers) as (box, _):
        (mail,) = fetched(box, 1)
    assert mail.received_at.isoformat() == (moment or UNTOLD.isoformat())


@pytest.mark.parametrize("body", ["NIL", '""', "{0}\r\n"])
def test_a_mail_that_the_server_lost_is_not_kept_as_an_empty_one(
    certificate: Path, body: str
) -> None:
    answers = {
        "UID FETCH": lines(USUAL),
        "UID FETCH 1 (BODY": lines(f"* 1 FETCH (UID 1 BODY[] {body})"),
    }
    with peer(certificate, answers) as (box, _):
        assert fetched(box, 1) == []


def test_a_mail_that_is_empty_is_kept(certificate: Path) -> None:
    answers = {
        "UID FETCH": lines(USUAL.replace("SIZE 3", "SIZE 0")),
        "UID FETCH 1 (BODY": lines('* 1 FETCH (UID 1 BODY[] "")'),
    }
    with peer(certificate, answers) as (box, _):
        assert [mail.data for mail in fetched(box, 1)] == [b""]


def test_what_another_client_did_is_said_of_no_other_mail(certificate: Path) -> None:
    # The fifth mail of the folder is not UID 5: an answer without UID names its place only.
    facts = [f"* {n} FETCH (UID {u} RFC822.SIZE 3 INTERNALDATE {DATE} FLAGS ())" for n, u in
             ((1, 1), (2, 5))]  # fmt: skip
    body = "* {n} FETCH (UID {u} BODY[] {{3}}\r\nabc)"
    foreign = "* 5 FETCH (FLAGS (Postlotse-erledigt))"
    answers = {
        "UID FETCH": lines(*facts, foreign),
        "UID FETCH 1,5 (BODY": lines(body.format(n=1, u=1), foreign, body.format(n=2, u=5)),
        "UID SEARCH": lines("* SEARCH 1 5"),
        "UID FETCH 1,5 (FLAGS": lines("* 1 FETCH (UID 1 FLAGS ())", "* 2 FETCH (UID 5 FLAGS ())",
                                      foreign),
    }  # fmt: skip
    with peer(certificate, answers) as (box, _):
        assert [mail.marks for mail in fetched(box, 1, 5)] == [frozenset(), frozenset()]
        assert box.marks("INBOX").by_uid == {"1": frozenset(), "5": frozenset()}


@pytest.mark.parametrize(
    "said",
    [
        "* 1 FETCH (FLAGS (erledigt))",  # UID 1 is gone; the first mail is not
        "* 1 FETCH (UID 1 FLAGS (anderes))",
    ],
)
def test_a_mark_stands_only_where_the_server_says_so_of_that_mail(
    certificate: Path, said: str
) -> None:
    answers = {
        "SELECT": opened("* OK [PERMANENTFLAGS (\\*)] ok"),
        "UID STORE": DONE,
        "UID FETCH": lines(said),
    }
    with peer(certificate, answers) as (box, _):
        change = MarkChange(add=frozenset({"erledigt"}), remove=frozenset())
        assert not box.set_marks(Place("INBOX", "7", "1"), change)


def test_removals_and_words_between_the_answers_take_nothing(certificate: Path) -> None:
    body = "* {n} FETCH (UID {u} BODY[] {{3}}\r\nabc FLAGS ())"
    said = [body.format(n=1, u=1), "* 1 EXPUNGE", "* NO [ALERT] disk nearly full", "* BAD odd",
            body.format(n=1, u=5), "* 1 EXISTS", "* 0 RECENT"]  # fmt: skip
    facts = [USUAL, USUAL.replace("* 1", "* 2").replace("UID 1", "UID 5")]
    answers = {"UID FETCH": lines(*facts), "UID FETCH 1,5 (BODY": lines(*said)}
    with peer(certificate, answers) as (box, _):
        assert [mail.place.uid for mail in fetched(box, 1, 5)] == ["1", "5"]


@pytest.mark.parametrize("length", ["{2}", "{30}", "{99999999999999}"])
def test_a_body_of_a_wrong_length_is_not_kept_and_holds_up_no_other(
    certificate: Path, length: str
) -> None:
    bad, good = f"* 1 FETCH (UID 1 BODY[] {length}\r\nabc)", "* 2 FETCH (UID 5 BODY[] {3}\r\nabc)"
    facts = [USUAL, USUAL.replace("* 1", "* 2").replace("UID 1", "UID 5")]
    answers = {
        "UID FETCH": lines(*facts),
        "UID FETCH 1,5 (BODY": lines(bad, good),
        "UID FETCH 1 (BODY": lines(bad),
        "UID FETCH 5 (BODY": lines(good),
    }
    with peer(certificate, answers) as (box, _):
        assert [mail.place.uid for mail in fetched(box, 1, 5)] == ["5"]


# Big mails in pieces


def pieces(*sizes: int, said: int, last: str = "") -> dict[str, str]:
    """A mail whose size the server tells as `said`, and gives in pieces of these sizes."""
    answers = {"UID FETCH": lines(USUAL.replace("SIZE 3", f"SIZE {said}"))}
    offset = 0
    for size in sizes:
        answers[f"UID FETCH 1 (BODY.PEEK[]<{offset}."] = lines(
            f"* 1 FETCH (UID 1 BODY[]<{offset}> {{{size}}}\r\n{'x' * size})"
        )
        offset += size
    answers[f"UID FETCH 1 (BODY.PEEK[]<{offset}."] = last or lines(
        f'* 1 FETCH (UID 1 BODY[]<{offset}> "")'
    )
    return answers


@pytest.mark.parametrize("last", ["", DONE, "{tag} BAD behind the end\r\n"])
def test_of_a_size_that_is_an_estimate_all_that_is_there_is_read(
    certificate: Path, last: str
) -> None:
    with peer(certificate, pieces(1 << 20, 1000, said=5_000_000, last=last)) as (box, _):
        assert [len(mail.data) for mail in fetched(box, 1)] == [(1 << 20) + 1000]


def test_of_a_mail_that_is_larger_than_it_was_said_to_be_nothing_is_cut_off(
    certificate: Path,
) -> None:
    with peer(certificate, pieces(*[1 << 20] * 5, 1000, said=4_500_000)) as (box, _):
        assert [len(mail.data) for mail in fetched(box, 1)] == [5 * (1 << 20) + 1000]


def test_smaller_pieces_than_asked_for_are_not_taken_for_the_end(certificate: Path) -> None:
    with peer(certificate, pieces(*[500_000] * 9, said=4_500_000)) as (box, _):
        assert [len(mail.data) for mail in fetched(box, 1)] == [4_500_000]


def test_a_mail_that_ends_early_and_is_gone_holds_up_no_other(certificate: Path) -> None:
    facts = [
        USUAL.replace("SIZE 3", "SIZE 5000000"),
        USUAL.replace("* 1", "* 2").replace("UID 1", "UID 5"),
    ]
    answers = pieces(1000, said=5_000_000) | {
        "UID FETCH 1,5": lines(*facts),
        "UID FETCH 1 (": DONE,
        "UID FETCH 5 (BODY": lines("* 2 FETCH (UID 5 BODY[] {3}\r\nabc)"),
    }
    with peer(certificate, answers) as (box, _):
        assert [mail.place.uid for mail in fetched(box, 1, 5)] == ["5"]


def test_a_server_that_gives_no_pieces_is_read_whole(certificate: Path) -> None:
    answers = {
        "UID FETCH": lines(USUAL.replace("SIZE 3", "SIZE 5000000")),
        "UID FETCH 1 (BODY": lines(f"* 1 FETCH (UID 1 BODY[] {{5000000}}\r\n{'x' * 5_000_000})"),
    }
    with peer(certificate, answers) as (box, _):
        assert [len(mail.data) for mail in fetched(box, 1)] == [5_000_000]


def test_a_head_is_read_where_the_server_gives_no_part_of_it(certificate: Path) -> None:
    answers = {
        "UID FETCH": lines(USUAL.replace("SIZE 3", "SIZE 99000000")),
        "UID FETCH 1 (BODY": lines("* 1 FETCH (UID 1 BODY[HEADER] {8}\r\nA: b\r\n\r\n)"),
    }
    with peer(certificate, answers) as (box, _):
        (mail,) = box.fetch("INBOX", "7", ("1",))
        assert isinstance(mail, TooLarge)
        assert mail.head == b"A: b\r\n\r\n"


# Many broken mails


def broken(*bad: int, of: int, how: str) -> dict[str, str]:
    """A folder in which a FETCH of the body breaks wherever one of these is asked for."""
    uids = range(1, of + 1)
    facts = [USUAL.replace("* 1", f"* {uid}").replace("UID 1", f"UID {uid}") for uid in uids]
    answers = {"UID FETCH": lines(*facts)}
    body = "* {n} FETCH (UID {n} BODY[] {{3}}\r\nabc)"
    answers |= {f"UID FETCH {uid} (BODY": lines(body.format(n=uid)) for uid in uids}
    good = [uid for uid in uids if uid not in bad]
    for asked in (uids, good):
        first = ",".join(map(str, asked))
        answers[f"UID FETCH {first} (BODY"] = lines(*[body.format(n=uid) for uid in asked])
    every = ",".join(map(str, uids))
    return answers | {f"UID FETCH {uid} (BODY": how for uid in (*bad, every)}


@pytest.mark.parametrize("how", [CLOSE, "{tag} NO cannot read\r\n"])
def test_five_broken_mails_in_a_row_hold_up_no_other(certificate: Path, how: str) -> None:
    answers = broken(1, 2, 3, 4, 5, of=9, how=how)
    answers["UID FETCH 4,5,6,7,8,9 (BODY"] = how
    with peer(certificate, answers) as (box, _):
        assert [mail.place.uid for mail in fetched(box, *range(1, 10))] == ["6", "7", "8", "9"]


def test_broken_mails_alone_are_an_alarm_once_and_then_hold_up_nothing(certificate: Path) -> None:
    with peer(certificate, broken(1, 2, 3, of=3, how=CLOSE)) as (box, _):
        assert told(lambda: fetched(box, 1, 2, 3)) == "postbox.away"
        assert fetched(box, 1, 2, 3) == []
    with peer(certificate, broken(1, 2, 3, of=6, how=CLOSE)) as (box, server):
        for _ in range(2):
            assert [mail.place.uid for mail in fetched(box, *range(1, 7))] == ["4", "5", "6"]
        # Once they are known, the others are asked for in one go.
        assert sum("UID FETCH 4,5,6 (BODY" in line for line in server.lines) == 1


# Listening


def test_mail_that_is_told_before_the_go_ahead_rings_too(certificate: Path) -> None:
    answers = {
        "CAPABILITY": lines("* CAPABILITY IMAP4rev1 UIDPLUS MOVE IDLE"),
        "IDLE": "* 3 EXISTS\r\n+ idling\r\n",
    }
    with peer(certificate, answers) as (_, server):
        account = ImapAccount(
            "localhost", server.port, "nord", "geheim", ca_file=certificate, timeout_seconds=2
        )
        bell, rung = ImapBell("nord", account, gate=LoginGate()), threading.Event()
        listening = threading.Thread(target=lambda: _listen(bell, rung))
        listening.start()
        assert rung.wait(5)
        bell.hush()
        listening.join(5)
        assert not listening.is_alive()


def _listen(bell: ImapBell, rung: threading.Event) -> None:
    with suppress(HouseError):  # hushed: the line ends
        bell.listen(rung.set)


def test_a_watermark_is_read_out_of_a_name_in_a_literal(certificate: Path) -> None:
    said = lines("* STATUS {5}\r\nINBOX (UIDVALIDITY 7 UIDNEXT 3)")
    with peer(certificate, {"STATUS": said}) as (box, _):
        assert box.watermark("INBOX") == Watermark("INBOX", "7", "3")


# A server that drips: each byte comes in time, and the mail never does.

DRIPPING = {
    "UID FETCH": lines(USUAL, USUAL.replace("1 FETCH (UID 1", "2 FETCH (UID 2")),
    "UID FETCH 1,2 (BODY": DRIP + lines("* 1 FETCH (UID 1 BODY[] {3000}\r\n" + "a" * 3000 + ")"),
    "UID FETCH 1 (BODY": DRIP + lines("* 1 FETCH (UID 1 BODY[] {3000}\r\n" + "a" * 3000 + ")"),
    "UID FETCH 2 (BODY": lines(USUAL_BODY.replace("1 FETCH (UID 1", "2 FETCH (UID 2")),
}


def test_a_mail_that_comes_byte_by_byte_holds_up_no_other(certificate: Path) -> None:
    with peer(certificate, DRIPPING, timeout_seconds=0.4) as (box, _):
        begun = time.monotonic()
        assert [mail.place.uid for mail in fetched(box, 1, 2)] == ["2"]
        assert time.monotonic() - begun < 20, "of 300 that it would take"


@pytest.mark.parametrize("command", ["LIST", "EXAMINE", "UID SEARCH"])
def test_an_answer_that_comes_byte_by_byte_is_not_waited_for(
    certificate: Path, command: str
) -> None:
    dripping = {command: DRIP + lines(*[f"* OK still at it, {number}" for number in range(99)])}
    with peer(certificate, dripping, timeout_seconds=0.4) as (box, _):
        begun = time.monotonic()
        assert told(lambda: (box.view("INBOX"), box.folders())) == "postbox.away"
        assert time.monotonic() - begun < 20, "of 250 that it would take"


def test_a_greeting_that_comes_byte_by_byte_is_not_waited_for(certificate: Path) -> None:
    greeting = DRIP + lines("* OK " + "x" * 300)
    with peer(certificate, {}, greeting, timeout_seconds=0.4) as (box, _):
        begun = time.monotonic()
        assert told(box.folders) == "postbox.away"
        assert time.monotonic() - begun < 20, "of 30 that it would take"
