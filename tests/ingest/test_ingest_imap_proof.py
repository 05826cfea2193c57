"""What proves a move over IMAP, spoken to by servers that say more, less or other than they should.

A wrong proof costs a mail: its source is removed where only the copy of another stands.
"""

from pathlib import Path

import pytest

from rules.postbox import MarkChange, Place
from tests.ingest.test_ingest_imap_peers import DONE, lines, opened, peer, told
from tests.servers.scripted_imap import CLOSE

HERE = Place("INBOX", "7", "1")
PLAIN = {
    "CAPABILITY": lines("* CAPABILITY IMAP4rev1 UIDPLUS"),
    "SELECT": opened("* OK [PERMANENTFLAGS (\\*)] ok"),
    "UID STORE": DONE,
    "UID EXPUNGE": DONE,
    "UID FETCH": lines("* 1 FETCH (UID 1 FLAGS (erledigt))"),
}
MOVES = PLAIN | {"CAPABILITY": lines("* CAPABILITY IMAP4rev1 UIDPLUS MOVE")}
OF_THIS = "{tag} OK [COPYUID 9 1 20] done\r\n"
MARK = MarkChange(add=frozenset({"erledigt"}), remove=frozenset())


def removals(said: list[str]) -> list[str]:
    return [line for line in said if "EXPUNGE" in line or "\\Deleted" in line]


def test_a_copy_that_is_proven_is_a_move_and_its_source_is_removed(certificate: Path) -> None:
    with peer(certificate, PLAIN | {"UID COPY": OF_THIS}) as (box, server):
        assert box.move(HERE, "Ablage") == Place("Ablage", "9", "20")
        assert len(removals(server.lines)) > 1


@pytest.mark.parametrize(
    "copied", ["{tag} OK [COPYUID 9 5 20] done\r\n", "{tag} OK [COPYUID 9 1] done\r\n", DONE]
)
def test_the_proof_of_another_mail_is_none_and_nothing_is_removed(
    certificate: Path, copied: str
) -> None:
    with peer(certificate, PLAIN | {"UID COPY": copied}) as (box, server):
        assert box.move(HERE, "Ablage") is None
        assert removals(server.lines) == []


@pytest.mark.parametrize("way", ["UID COPY", "UID MOVE"])
def test_a_proof_that_was_said_before_is_none(certificate: Path, way: str) -> None:
    """As of a command that failed behind its COPYUID; words without one are no proof."""
    answers = (MOVES if way == "UID MOVE" else PLAIN) | {way: DONE, "UID STORE": OF_THIS}
    with peer(certificate, answers) as (box, server):
        assert box.set_marks(HERE, MARK)
        assert box.move(HERE, "Ablage") is None
        assert removals(server.lines) == []


def test_the_place_of_an_append_that_was_said_before_is_none(certificate: Path) -> None:
    answers = PLAIN | {"APPEND": DONE, "UID STORE": "{tag} OK [APPENDUID 9 20] done\r\n"}
    with peer(certificate, answers) as (box, _):
        assert box.set_marks(HERE, MARK)
        assert box.append("Gesendet", b"Subject: x\r\n\r\n") is None


def test_a_removal_that_was_told_before_is_not_taken_for_that_of_the_move(
    certificate: Path,
) -> None:
    answers = MOVES | {"UID MOVE": OF_THIS, "UID STORE": lines("* 2 EXPUNGE")}
    with peer(certificate, answers) as (box, server):
        assert box.set_marks(HERE, MARK)
        assert box.move(HERE, "Ablage") == Place("Ablage", "9", "20")
        assert removals(server.lines) != [], "the source was looked at, and was there still"


def test_a_line_that_breaks_behind_the_proof_leaves_the_move_in_doubt(certificate: Path) -> None:
    """Nobody knows then whether the source is gone; the caller looks."""
    with peer(certificate, MOVES | {"UID MOVE": OF_THIS, "UID FETCH": CLOSE}) as (box, _):
        assert told(lambda: box.move(HERE, "Ablage")) == "postbox.away"


def test_a_refused_look_behind_the_proof_takes_nothing_of_it(certificate: Path) -> None:
    answers = MOVES | {"UID MOVE": OF_THIS, "UID FETCH": "{tag} NO not now\r\n"}
    with peer(certificate, answers) as (box, _):
        assert box.move(HERE, "Ablage") == Place("Ablage", "9", "20")
