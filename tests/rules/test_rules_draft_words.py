"""What a person wrote beside the approved texts: which one, with which values, and where not."""

from datetime import date, datetime

from hypothesis import given
from hypothesis import strategies as st

from rules.mail import BodyParts
from rules.texts.approved import Text, compare, render
from rules.texts.draft_words import (
    ALIKE,
    CONTEXT_WORDS,
    nearest,
    places,
    unfilled,
    values_in,
    written,
)
from rules.texts.file import parse_text
from tests.rules.text_samples import BODY, typed

KNOWN = {"eingangstag": date(2026, 11, 3), "agentur": "Kassel"}


def text_of(body: str = BODY, text_id: str = "termin.neu") -> Text:
    return parse_text(typed(body=body).encode(), id=text_id)


TIMED = text_of(BODY.replace("Wir melden", "Der Termin:\n\n{termin}\n\nWir melden"))
WHEN = datetime.fromisoformat("2026-12-02T10:30+01:00")
LETTER = render(TIMED, KNOWN | {"termin": WHEN}).body


def test_the_values_are_read_out_of_the_words() -> None:
    assert values_in(TIMED, KNOWN, LETTER) == {"termin": "02.12.2026 10:30"}
    assert values_in(TIMED, KNOWN, "  " + LETTER.replace("\n", "\r\n ")) is not None
    assert values_in(TIMED, KNOWN, LETTER + " PS: Bis bald!") is not None, "compared afterwards"
    for other in (LETTER.replace("10:30", "halb elf"), LETTER.replace("Kassel", "Kasseler"), ""):
        assert values_in(TIMED, KNOWN, other) is None


def test_the_mail_that_is_answered_is_no_part_of_the_answer() -> None:
    parts = BodyParts("Guten Tag,", quoted="> Ich bin krank.", signature="Mit Gruß")
    assert written(parts) == "Guten Tag,\nMit Gruß"


def test_the_text_that_was_meant_is_the_one_with_most_words_in_common() -> None:
    other = text_of("Guten Tag,\n\nganz anders.\n\nMit freundlichen Grüßen\n{agentur}", "termin.x")
    assert nearest((other, TIMED), LETTER.replace("bald", "nie")) is TIMED
    assert nearest((other, TIMED), "Lieber Herr Kaiser, bis morgen!") is None
    assert nearest((), LETTER) is None
    assert 0 < ALIKE < 1


def test_a_place_keeps_no_word_of_who_wrote() -> None:
    letter = unfilled(TIMED, KNOWN)
    assert "[Termin]" in letter.body
    (found,) = places(
        letter, compare(letter, letter.body.replace("bald.", "nie mehr, Frau Geheim."))
    )
    assert (found.missing, found.surplus) == ("bald.", 4)
    assert found.before.endswith("Wir melden uns")
    assert len(found.before.split()) == CONTEXT_WORDS
    assert "Geheim" not in str(found)


@given(st.text(max_size=300))
def test_whatever_is_written_is_read_without_an_exception(said: str) -> None:
    letter = unfilled(TIMED, KNOWN)
    values_in(TIMED, KNOWN, said)
    nearest((TIMED,), said)
    assert len(places(letter, compare(letter, said))) <= 20
