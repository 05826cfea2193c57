"""Places that a mail names anywhere: what is offered to who clears it, and what is not."""

from dataclasses import replace

import pytest

from classify.facts import named_places
from rules.mail import BodyParts
from tests.classify.conftest import make_mail


def _named(directory, text: str, **rest) -> list[str]:
    return [one.place for one in named_places.find(make_mail(text, **rest), directory)]


def test_places_come_in_the_order_of_the_text_with_the_signature_last(directory) -> None:
    mail = make_mail("Meine Schwester lebt in Duderstadt, ich war in Celle.", subject="Aus Springe")
    mail = replace(mail, body=replace(mail.body, signature="Kevin Jahnke, Stralsund"))
    found = [one.place for one in named_places.find(mail, directory)]
    assert found == ["Springe", "Duderstadt", "Celle", "Stralsund"]


def test_nothing_of_a_quotation_or_a_disclaimer_is_named(directory) -> None:
    body = BodyParts("Danke.", quoted="> Ihre Agentur in Celle", disclaimer="Sitz: Kassel")
    assert [*named_places.find(replace(make_mail(), body=body), directory)] == []


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("kevin jahnke aus stralsund", "Stralsund"),
        ("Ich arbeite in Bad Hersfeld im Lager.", "Bad Hersfeld"),
        ("Der Kurs ist in Halle (Saale).", "Halle (Saale)"),
        ("Ich bin aus Köln-Nippes.", "Köln"),
        ("Ich war in Riesa vor der Tür.", "Riesa"),
        ("Ich bin jetzt in Essen.", "Essen"),
        ("Komme aus Ulm.", "Ulm"),
        ("Hauptstr. 3, 45127 Essen", "Essen"),
        ("Praxis Dr. Weber, 34117 Kassel", "Kassel"),
    ],
)
def test_a_place_is_named_however_it_is_said(directory, text: str, place: str) -> None:
    assert _named(directory, text) == [place]


@pytest.mark.parametrize(
    "text",
    [
        "Weil ich auf der Stelle gehen muss, oder ohne Bescheid.",
        "Zum Essen gehe ich später, in meine Mitte.",
        "Die Lage ist ernst, das Wetter auch.",
        "Ich gehe ins Heim, ein Haus habe ich nicht.",
        "Frau Jana Celle hat angerufen, Dr. Hagen auch.",
        "Ich wohne nicht mehr in der Kassel Straße 4.",
        "Frau RAin Weber vertritt mich.",
        "stadt@kassel.example und www.kassel.example",
        "An die\nAgentur für Arbeit\nLewinskistr. 6\n34127 Kassel\n\nGuten Tag.",
        "Arbeitsagentur, Lewinskistr. 6, 34127 Kassel",
    ],
)
def test_words_persons_streets_and_our_own_houses_are_no_places(directory, text: str) -> None:
    assert _named(directory, text) == []


def test_the_name_of_who_sent_it_is_a_place_only_where_it_is_said_as_one(directory) -> None:
    sender = "jana.rosenthal@post.example"
    assert _named(directory, "Gruß\nJana Rosenthal", sender=sender) == []
    assert _named(directory, "Gruß aus Rosenthal", sender=sender) == ["Rosenthal"]


def test_a_text_without_end_is_read_to_a_bound(directory) -> None:
    end = "x " * named_places.READ_CHARS
    assert _named(directory, f"In Celle. {end} In Kassel.") == ["Celle"]
