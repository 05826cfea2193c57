"""Nobody's mail is judged otherwise because of what its sender is called or where he lives."""

from dataclasses import replace

import pytest

from classify import features, lexicon, own_name, reading
from classify.corpus import lines
from classify.text import fold
from ingest.parse import parse

CLOSINGS = (
    "\n\nMit freundlichen Grüßen\n{name}\n49413 {place}",
    "\n{name}, 49413 {place}",
    "\n\nLG {name}\nRosenweg 3\n49413 {place}",
    "\n{name}\n{place}",
)
PEOPLE = (
    ("Petra Klages", "Dinklage"),
    ("Sven Hoffmann", "Dormagen"),
    ("Michaela Kurz", "Iserlohn"),
    ("Yusuf Özdemir", "Duisburg"),
    ("Agnieszka Kowalczyk", "Bad Krozingen"),
    ("Hanna von Putzke", "Rehau"),
)
PETRA = {"petra", "klages", "petra klages"}


def outcome(judge, line, closing: str, name: str, place: str):
    said = judge.judge(
        signed(line, closing, name, place),
        received_at=line.received_at,
        mailbox="Kassel@arbeitsagentur.de",
    )
    concerns = tuple((found.code, found.probability) for found in said.concerns)
    return concerns, said.channel, said.payment_relevant, said.review


def signed(line, closing: str, name: str, place: str):
    """The line's mail as somebody else would have closed and sent it."""
    sender = f"{fold(name).replace(' von ', '.').replace(' ', '.')}@post.example"
    body = line.body + closing.format(name=name, place=place)
    return parse(lines.as_eml(replace(line, sender=sender, body=body, html="")))


def test_name_and_place_under_a_mail_change_nothing_that_is_said_of_it(judge, unseen) -> None:
    for number, example in enumerate(unseen[::9]):
        closing = CLOSINGS[number % len(CLOSINGS)]
        said = {outcome(judge, example.line, closing, *person) for person in PEOPLE}
        assert len(said) == 1, (example.line.id, closing)


@pytest.mark.parametrize(
    ("text", "sender", "names"),
    [
        ("Ich ziehe um.\n\nMfG Petra Klages", "", PETRA),
        ("Ich ziehe um. Petra Klages, 123A456789", "", PETRA),
        ("Ich ziehe um.\nPetra Kurz", "", {"petra", "petra kurz"}),
        ("ich ziehe um", "petra.klages@post.example", PETRA | {"petra.klages"}),
        ("Ich ziehe um.\nViele Grüße aus dem Krankenhaus", "", set()),
        ("Ich ziehe um.\nNeue Bankverbindung", "", set()),
        ("Ich ziehe um.", "info@kanzlei.example", set()),
    ],
)
def test_a_name_is_known_by_greeting_line_or_address(mail, text, sender, names) -> None:
    read = reading.of(mail(text, sender=sender or "k17@post.example"))
    assert own_name.told_in(read) == names


def test_a_name_in_the_address_line_counts_only_if_the_address_is_made_of_it(mail) -> None:
    sent = mail("Ich heiße jetzt Klages", sender="p.klages@post.example")
    by_her = replace(sent, sender_name="Petra Klages")
    by_a_house = replace(sent, sender="service@post.example", sender_name="Neues Konto")
    assert "qqnm" in features.text_of(reading.of(by_her))
    assert "qqnm" not in features.text_of(reading.of(by_a_house))


def test_a_name_is_hidden_where_it_stands_alone() -> None:
    hidden = own_name.hidden("die klage der klages, klagesweg 3, au_klages.pdf", {"klages"})
    assert " ".join(hidden.split()) == "die klage der qqnm , klagesweg 3, au_ qqnm .pdf"


@pytest.mark.parametrize(
    "name",
    [
        *("Dormagen", "Remagen", "Iserlohn", "Stadtlohn", "Südlohn", "Dinklage", "Klagenfurt"),
        *("Rehau", "Putzbrunn", "Großheirath", "Hoffmann", "Klages", "Putzke", "Rehan", "Magener"),
        *("Michael", "Michaela", "Nikita", "Stoll", "Gottlob", "Çamok", "İşcan"),
    ],
)
def test_no_matter_is_heard_in_a_name(name: str) -> None:
    without = lexicon.hear(fold("hier schreibt und wohnt in"))
    assert lexicon.hear(fold(f"hier schreibt {name} und wohnt in {name}")) == without


@pytest.mark.parametrize("number", ["123A450678", "DE89 4500 4504 5013 4501 45", "2.450 Euro"])
def test_no_minijob_is_heard_in_a_number(number: str) -> None:
    assert "nebenjob" not in lexicon.hear(fold(f"Nummer {number} bitte"))


@pytest.mark.parametrize("pay", ["450-Euro-Job", "auf 450 Basis", "556 Euro", "603 €", "633 Euro"])
def test_a_minijob_is_heard_by_its_pay(pay: str) -> None:
    """§ 8 Abs. 1a SGB IV: 450 € until 2022, 556 € in 2025, 603 € in 2026, 633 € from 2027."""
    assert "nebenjob" in lexicon.hear(fold(f"habe einen Job, {pay}"))
