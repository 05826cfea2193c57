from dataclasses import replace
from datetime import date

import pytest

from rules.texts.approved import Occasion, Text
from rules.texts.wording import Readability, lint, readability

GOOD = Text(
    id="au.eingang",
    version=1,
    title="Eingang",
    short_code="",
    concerns=(),
    channels=(),
    regions=(),
    occasion=Occasion.NONE,
    valid_from=date(2026, 1, 1),
    valid_to=date(2026, 12, 31),
    source="Weisung 202404002 Nr. 3",
    subject="Ihre Nachricht vom {eingangstag}",
    body="Guten Tag,\n\nIhr Brief ist da.\n\nMit freundlichen Grüßen\nAgentur {agentur}\n",
    gaps=("eingangstag", "agentur"),
)


def with_sentence(sentence: str) -> Text:
    return replace(GOOD, body=GOOD.body.replace("Ihr Brief ist da.", sentence))


def codes(text: Text) -> set[str]:
    return {remark.code for remark in lint(text)}


def test_a_good_text_has_no_remark() -> None:
    assert lint(GOOD) == ()


@pytest.mark.parametrize(
    ("sentence", "code"),
    [
        ("Ihre Krankmeldung ist da.", "disclosure.health"),
        ("Die AU ist da.", "disclosure.health"),
        ("Ihr Arzt hat geschrieben.", "disclosure.health"),
        ("Wir haben die IBAN geändert.", "disclosure.account"),
        ("Der Scheck kommt.", "disclosure.account"),
        ("Sie bekommen 1.234,50 Euro.", "disclosure.amount"),
        ("Sie bekommen 12 €.", "disclosure.amount"),
        ("Sie haben die Nummer 123A456789.", "disclosure.number"),
        ("Das ist DE37 9999 9999 0123 4567 89.", "disclosure.number"),
        ("Wir haben Ihre Kündigung.", "disclosure.possessive"),
        ("Das Kindergeld kommt.", "disclosure.single_topic"),
        ("Wir prüfen den Widerspruch.", "disclosure.single_topic"),
        ("Das gilt z. B. heute.", "style.abbreviation"),
        ("Das geht leider nicht.", "style.phrase"),
        ("Für Kunden ist das gut.", "style.gender"),
        ("Wie geht es dir?", "style.du"),
        ("Eins zwei " + "drei " * 15 + "Ende.", "style.sentence"),
        ("Zuständigkeitsprüfungsverfahrensbeteiligung.", "style.grade"),
        ("Zwei  Leerzeichen.", "form.blanks"),
        ("Absatz.\n\n\nAbsatz.", "form.blanks"),
    ],
)
def test_what_may_not_be_said_is_found(sentence: str, code: str) -> None:
    assert code in codes(with_sentence(sentence))


@pytest.mark.parametrize(
    "sentence",
    [
        "Es ist da, in Ihrem Kundenkonto.",
        "Es geht um Rente, um Kindergeld oder um Geburt und Tod, wir sind nicht da.",
        "Es geht um eine Vollmacht oder einen Widerspruch.",
        "Für Kundinnen und Kunden ist das gut.",
        "Auf dem Bau wird gebaut.",
    ],
)
def test_what_tells_a_stranger_nothing_may_stay(sentence: str) -> None:
    assert codes(with_sentence(sentence)) == set()


def test_subject_greeting_and_closing_are_fixed() -> None:
    assert codes(replace(GOOD, subject="Ihr Termin")) == {"disclosure.subject"}
    assert codes(replace(GOOD, body=GOOD.body.replace("Guten Tag", "Hallo"))) == {"form.greeting"}
    assert codes(replace(GOOD, body=GOOD.body.replace("freundlichen", "lieben"))) == {
        "form.closing"
    }


def test_readability_counts_as_the_formula_says() -> None:
    # MS 25, SL 4, IW 25, ES 75 (der, Mann, liest)
    measured = readability("Der Mann liest Telefonbücher.")
    assert measured == Readability(words=4, sentences=1, longest_sentence_words=4, grade=5.4)


def test_a_text_without_words_has_grade_zero() -> None:
    assert readability("123 – 456\n\n") == Readability(0, 0, 0, 0.0)


def test_long_words_and_sentences_read_harder() -> None:
    easy = readability("Wir rufen Sie an. Das dauert kurz.")
    hard = readability("Telefonische Kontaktaufnahme erfolgt schnellstmöglich nach Bearbeitung.")
    assert easy.grade < 4 < hard.grade
