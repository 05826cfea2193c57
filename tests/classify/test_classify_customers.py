"""Of several Kundennummern in a mail the writer's own; a defect where more than one is meant."""

from dataclasses import replace

import pytest

from classify import reading
from classify.facts.facts import kundennummern_of, read_facts
from classify.facts.whereabouts import Whereabouts
from rules.facts import SEVERAL_NUMBERS
from rules.mail import BodyParts
from tests.classify.conftest import make_mail

A, B = "123A456789", "234B567890"


def told(text: str, *, subject: str = "", **parts: str) -> tuple[str | None, bool]:
    """The number, and whether there are several."""
    names = tuple(filter(None, [parts.pop("file", "")]))
    mail = replace(
        make_mail(text, subject=subject, attachments=names), body=BodyParts(text, **parts)
    )
    read = reading.of(mail)
    number = kundennummern_of(read)
    facts = read_facts(read, dates={}, where=Whereabouts(), told=number)
    return facts.kundennummer, SEVERAL_NUMBERS in facts.defects


@pytest.mark.parametrize(
    ("text", "number"),
    [
        (f"Meine Frau (Kundennummer {A}) und ich sind umgezogen. Ich selbst habe die {B}.", B),
        (f"Der Brief zu {A} ist für die Nachbarin. Meine Kundennummer ist {B}.", B),
        (f"Herr Feld ({A}) fängt am 1.12. bei uns an, Frau Ruf ({B}) ist krank.", A),
        (f"Eintritte zum 1.12.:\nFeld, Nico  {A}\nRuf, Nadja  {B}\nSaad, Ali  345C678901", A),
    ],
)
def test_two_persons_in_a_mail_are_a_defect(text: str, number: str) -> None:
    assert told(text) == (number, True)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        (f"Die Kundennummer war falsch: nicht {A}, sondern {B}.", B),
        (f"Ich habe jetzt die Kundennummer {B}, früher {A}.", B),
        (f"Früher hatte ich die Kundennummer {A}, jetzt {B}.", B),
        (f"Kundennummer {A}, ich wiederhole: 123 A 456-789.", A),
        (f"Kundennummer {A}, Bildungsgutschein Nr. 118A 2026/44.", A),
        ("Früher hatte ich die Kundennummer 123A456789.", A),
    ],
)
def test_a_number_that_is_left_or_said_twice_is_none_of_another_person(text, number) -> None:
    assert told(text) == (number, False)


def test_each_part_of_the_mail_may_name_another_person() -> None:
    text = f"Meine Kundennummer ist {B}, ich bin bis 4.12. krank."
    assert told(text) == (B, False)
    assert told(text, subject=f"Ihr Schreiben zu {A}") == (B, True)
    assert told(text, signature=f"Ute Gans, Kundennummer {A}") == (B, True)
    assert told(text, file=f"AU_Leon_Gans_{A}.pdf") == (B, True)
    assert told(text, quoted=f"Zu Kundennummer {A} liegt uns nichts vor.") == (B, True)
    assert told(text, quoted=f"Zu Kundennummer {B} liegt uns nichts vor.") == (B, False)
