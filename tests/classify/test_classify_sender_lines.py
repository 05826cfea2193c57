"""Lines that say who writes are not heard; those that may be the matter are. Own decision 0159."""

import pytest

from classify import features

MATTER = "Guten Tag,\nwann wird über meinen Antrag auf Arbeitslosengeld entschieden?"
CLOSED = f"{MATTER}\nMit freundlichen Grüßen\nPetra Klages"


def row(read, text: str, subject: str = "Mein Antrag") -> tuple[list[str], tuple[str, ...]]:
    text, cues, _ = features.row(read(text, subject=subject))
    return text.split(), cues


@pytest.mark.parametrize(
    "head",
    [
        "Petra Klages\nLindenstraße 14\n34117 Kassel",
        "Petra Klages\nLindenstr. 14, 34117 Kassel\nTel. 0561 7712345",
        "Petra Klages, Am Anger 3, 34123 Kassel",
        "Am Anger 3\n34123 Kassel\nKundennummer: 321A123456\npetra.klages@mail.example",
    ],
)
def test_an_address_above_the_text_is_not_heard(read, head: str) -> None:
    assert row(read, f"{head}\n\n{CLOSED}") == row(read, CLOSED)


@pytest.mark.parametrize(
    "end",
    [
        "Lindenstraße 14\n34117 Kassel",
        "Tel. 0561 7712345",
        "0171 2345678",
        "Kd.-Nr. 321A123456",
        "geb. am 14.03.1981",
    ],
)
def test_an_address_or_number_below_the_name_is_not_heard(read, end: str) -> None:
    assert row(read, f"{CLOSED}\n{end}") == row(read, CLOSED)


@pytest.mark.parametrize(
    "text",
    [
        "Meine neue Anschrift:\nLindenstr. 14\n34117 Kassel",
        "Bitte ändern Sie das, siehe unten.\nPetra Klages\nLindenstr. 14\n34117 Kassel",
        f"{CLOSED}\nab 1.4. Lindenstr. 14, 34117 Kassel",
        f"{CLOSED}\nneu: Lindenstr. 14, 34117 Kassel",
        f"{MATTER}\nLindenstr. 14\n34117 Kassel\nMit freundlichen Grüßen\nPetra Klages",
        "Petra Klages\nLindenstr. 14\n34117 Kassel",
    ],
)
def test_an_address_that_may_be_the_matter_is_heard(read, text: str) -> None:
    assert "strasse" in row(read, text)[1]


def test_a_subject_that_points_at_the_address_is_heard(read) -> None:
    text = f"{CLOSED}\nLindenstr. 14\n34117 Kassel"
    assert "strasse" in row(read, text, "Änderung")[1]
    assert "strasse" not in row(read, text, "Mein Antrag")[1]


@pytest.mark.parametrize(
    "line", ["36037 Fulda Arbeit gefunden", "Krank bis Freitag, 0171 2345678", "Umzug\nWeg 3"]
)
def test_a_line_with_a_word_of_a_matter_is_heard(read, line: str) -> None:
    assert row(read, f"{CLOSED}\n{line}") != row(read, CLOSED)


@pytest.mark.parametrize("where", ["{kd}\n\n{text}", "{text}\n{kd}"])
@pytest.mark.parametrize("kd", ["Kundennummer: 321A123456", "Meine Kundennr. ist 321 A 123456"])
def test_a_kundennummer_changes_nothing(read, where: str, kd: str) -> None:
    assert row(read, where.format(kd=kd, text=CLOSED))[0] == row(read, CLOSED)[0]


@pytest.mark.parametrize(
    "sentence",
    [
        "Ich hoffe, das ist so in Ordnung.",
        "Ich hoffe, Sie können mir weiterhelfen.",
        "Über eine baldige Antwort würde ich mich freuen.",
        "Bitte bestätigen Sie mir kurz den Eingang dieser E-Mail.",
        "Vielen Dank für Ihre Bemühungen.",
        "Entschuldigen Sie bitte die Störung.",
        "Wenn noch etwas fehlt, melden Sie sich bitte bei mir.",
    ],
)
def test_a_polite_sentence_is_not_heard(read, sentence: str) -> None:
    assert row(read, CLOSED.replace("\nMit", f"\n{sentence}\nMit")) == row(read, CLOSED)


@pytest.mark.parametrize(
    "sentence",
    [
        "Ich bin gesund.",
        "Mir geht es gut.",
        "Mir fehlt noch die Antwort.",
        "Ist das so in Ordnung?",
        "Das ist so nicht in Ordnung.",
        "Bitte bestätigen Sie den Termin.",
        "Ich bitte um eine Bestätigung.",
    ],
)
def test_what_only_sounds_polite_is_heard(read, sentence: str) -> None:
    assert row(read, CLOSED.replace("\nMit", f"\n{sentence}\nMit")) != row(read, CLOSED)


@pytest.mark.parametrize("prefix", ["AW: ", "Re: Re: AW: ", "WG: Fwd: "])
def test_what_programs_put_before_a_subject_is_not_read(read, prefix: str) -> None:
    one, other = [read("Termin am 3.4.", subject=f"{before}Frage") for before in (prefix, "")]
    assert (one.words, one.subject, one.text) == (other.words, other.subject, other.text)
