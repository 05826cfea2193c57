"""To which agencies the places of a text lead: what is offered, in which order, how many."""

from rules.mail import BodyParts, ParsedMail
from tests.house_fixture import directory
from triage.desk.named_places import MOST_AGENCIES, led_to

ONE_EACH = ("Kassel", "Celle", "Ulm", "Stralsund", "Cottbus", "Trier", "Passau")


def _led_to(text: str, *, mailbox: str = "", **rest: str | None) -> list[tuple[str, ...]]:
    mail = ParsedMail("", "", "", (), None, "", "", (), BodyParts(text))
    found = led_to(mail, directory(), mailbox=mailbox, **rest)
    return [(one.name, *one.places) for one in found]


def test_an_agency_stands_once_with_its_places_in_the_order_of_the_text() -> None:
    text = "Erst Duderstadt, dann Kassel, dann Northeim und noch einmal Duderstadt."
    assert _led_to(text) == [("Göttingen", "Duderstadt", "Northeim"), ("Kassel", "Kassel")]


def test_of_many_the_first_agencies_are_shown_and_of_each_the_first_places() -> None:
    text = f"Ich war in {', in '.join(ONE_EACH)}."
    assert [one[-1] for one in _led_to(text)] == [*ONE_EACH[:MOST_AGENCIES]]
    assert _led_to("Duderstadt, Northeim, Einbeck, Uslar") == [
        ("Göttingen", "Duderstadt", "Northeim", "Einbeck")
    ]


def test_places_of_one_name_lead_to_each_or_where_too_many_bear_it_nowhere() -> None:
    assert _led_to("Ich bin in Frankfurt.") == [
        ("Frankfurt (Oder)", "Frankfurt"),
        ("Frankfurt am Main", "Frankfurt"),
    ]
    assert _led_to("Ich bin in Neustadt.") == []


def test_region_number_and_plz_tell_places_of_one_name_apart() -> None:
    assert _led_to("Aus Halle.") == []
    assert _led_to("Aus Halle.", mailbox="SC-West@arbeitsagentur.de") == [("Bielefeld", "Halle")]
    assert _led_to("Aus Frankfurt.", kundennummer="419A118204") == [
        ("Frankfurt am Main", "Frankfurt")
    ]
    assert _led_to("15230 Frankfurt") == [("Frankfurt (Oder)", "Frankfurt")]


def test_a_plz_against_its_place_leads_to_both() -> None:
    assert _led_to("34117 Hamburg") == [("Hamburg", "Hamburg"), ("Kassel", "Hamburg")]
