"""A second text below the German one: its id, its head, what it may say, how both make a letter."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from rules.errors import Unreadable
from rules.texts.approved import Text, compare, render
from rules.texts.file import parse_text
from rules.texts.language import Language, id_of, parts_of
from rules.texts.lint import lint_text
from rules.texts.placeholders import printed
from rules.texts.second_text import HEADLINES, below, fits, of, suggested
from rules.texts.wording import readability
from tests.rules.text_samples import BODY, typed

TODAY = date(2026, 11, 23)
ENGLISH = (
    "Hello,\n\nThank you for your message of {eingangstag}. We will write soon.\n\n"
    "Kind regards\nYour agency {agentur}"
)
VALUES = {"eingangstag": date(2026, 11, 3), "agentur": "Kassel"}


def english(body: str = ENGLISH, **changed: str) -> str:
    head = {"kuerzel": "", "sprache": "en", "zu_fassung": "1"} | changed
    return typed(body=body, **head)


def text_of(data: str, text_id: str) -> Text:
    return parse_text(data.encode(), id=text_id)


def codes(data: str, text_id: str = "termin.neu.en") -> set[str]:
    return {one.code for one in lint_text(data, text_id=text_id, today=TODAY)}


def test_the_id_says_to_which_text_it_belongs_and_in_which_language() -> None:
    assert parts_of("termin.neu.en") == ("termin.neu", Language.ENGLISH)
    for german in ("termin.neu", "termin.en", "termin.neu.fr", "en"):
        assert parts_of(german) == (german, None)
    assert parts_of(id_of("termin.neu", Language.SIMPLE)) == ("termin.neu", Language.SIMPLE)


@pytest.mark.parametrize(
    ("text_id", "head"),
    [
        ("termin.neu", {}),
        ("termin.neu.einfach", {}),
        ("termin.neu.en", {"zu_fassung": ""}),
        ("termin.neu.en", {"zu_fassung": "0"}),
        ("termin.neu.en", {"sprache": ""}),
        ("termin.neu.en", {"sprache": "fr"}),
        ("termin.neu.en", {"sprache": "", "zu_fassung": ""}),
    ],
)
def test_id_and_head_say_the_same(text_id: str, head: dict[str, str]) -> None:
    data = english(**head)
    with pytest.raises(Unreadable):
        text_of(data, text_id)
    assert "text.header" in codes(data, text_id)


def test_it_fits_only_the_version_that_it_was_written_to() -> None:
    first, second = text_of(typed(), "termin.neu"), text_of(english(), "termin.neu.en")
    assert (second.language, second.to_version) == (Language.ENGLISH, 1)
    assert of(first, (first, second)) == (second,)
    assert not fits(second, replace(first, version=2))
    assert not fits(second, replace(first, id="termin.alt"))
    assert not fits(replace(second, gaps=("termin",)), first)


def test_the_letter_is_the_german_text_first_and_compared_as_a_whole() -> None:
    first, second = text_of(typed(), "termin.neu"), text_of(english(), "termin.neu.en")
    letter = below(render(first, VALUES), render(second, VALUES), Language.ENGLISH)
    assert letter.body.startswith("Guten Tag,\n\nvielen Dank für Ihre Nachricht vom 03.11.2026.")
    assert "Only the German text above is binding" in HEADLINES[Language.ENGLISH]
    assert "message of 3 November 2026. We" in letter.body
    assert (letter.text_id, letter.version, letter.languages) == ("termin.neu", 1, "de, en")
    assert letter.subject == "Ihre Nachricht vom 03.11.2026"
    assert compare(letter, letter.body) == ()
    assert compare(letter, render(first, VALUES).body), "one without the other is another letter"


def test_a_time_is_spelled_so_that_nobody_takes_the_day_for_the_month() -> None:
    when = datetime(2026, 12, 2, 9, 30, tzinfo=UTC)
    assert printed("termin", when, Language.ENGLISH) == "Wednesday, 2 December 2026 at 10:30"
    assert printed("termin", when, Language.SIMPLE) == "Mittwoch, 02.12.2026 um 10:30 Uhr"


def test_a_good_second_text_has_no_finding() -> None:
    assert codes(english()) == set()
    simple = typed(body=BODY, kuerzel="", sprache="einfach", zu_fassung="1")
    assert codes(simple, "termin.neu.einfach") == set()


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("You are sick.", "disclosure.health"),
        ("Your IBAN has reached us.", "disclosure.account"),
        ("Ask your health insurance.", "disclosure.health"),
        ("You get 200 euros.", "disclosure.amount"),
        ("You get 200 Euro.", "disclosure.amount"),
        ("We have your new account.", "disclosure.possessive"),
        ("Your pension is fine.", "disclosure.possessive"),
        ("We got the insolvency paper.", "disclosure.single_topic"),
        ("Unfortunately we cannot help.", "style.phrase"),
        ("Bring papers, e.g. a letter.", "style.abbreviation"),
        ("Word " * 17 + "end.", "style.sentence"),
        ("Administrative authorities facilitate documentation.", "style.grade"),
    ],
)
def test_an_english_text_has_the_same_bounds(words: str, code: str) -> None:
    assert code in codes(english(ENGLISH.replace("We will write soon.", words)))


def test_greeting_and_closing_are_those_of_the_language() -> None:
    assert {"form.greeting", "form.closing"} <= codes(english(BODY))


def test_plain_german_has_shorter_sentences() -> None:
    long = BODY.replace(
        "Wir melden uns bald.", "Wir melden uns bald und sagen Ihnen dann, was zu tun ist."
    )
    simple = typed(body=long, kuerzel="", sprache="einfach", zu_fassung="1")
    assert codes(simple, "termin.neu.einfach") == {"style.sentence"}
    assert codes(typed(body=long), "termin.neu") == set()


def test_english_is_measured_as_english() -> None:
    assert readability("We like cake. The cat sat here.", Language.ENGLISH).grade < 1
    assert readability("", Language.ENGLISH).grade == 0


def test_a_mail_in_another_language_suggests_english() -> None:
    assert (suggested("other"), suggested("de")) == (Language.ENGLISH, None)
