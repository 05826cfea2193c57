"""An address at the end of a letter is where its sender lives. With the model that is installed."""

from datetime import UTC, datetime

import pytest

from rules.codes import Concern, PaymentRelevant
from tests import installed

WHEN = datetime(2027, 3, 2, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def ask():
    judge = installed.judge()
    return lambda mail: judge.judge(mail, received_at=WHEN, mailbox="kassel@arbeitsagentur.de")


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        (
            "Hallo, bin krank geschrieben bis Freitag. Jonas Reiter, Lindenstr. 4, 34117 Kassel",
            [Concern.AU],
        ),
        (
            "hab heute die kündigung zum 31.5. bekommen. m. mertens, lange str. 3, 45143 essen",
            [Concern.ARBEITSUCHEND],
        ),
    ],
)
def test_an_address_behind_the_name_is_no_change_of_address(ask, mail, text, codes) -> None:
    assert [found.code for found in ask(mail(text)).concerns] == codes


LEAFLET = "Guten Tag,\nkönnen Sie mir bitte noch das Merkblatt 1 schicken? Es lag nicht bei.\n"
CLOSINGS = (
    "Irmgard Bötte, Schulweg 6, 39576 Stendal",
    "Irmgard Bötte\nSchulweg 6\n39576 Stendal",
    "Mit freundlichen Grüßen\nIrmgard Bötte\nSchulweg 6, 39576 Stendal",
)


@pytest.mark.parametrize("closing", CLOSINGS)
def test_an_address_on_its_line_is_no_reason_to_hand_over(ask, mail, closing: str) -> None:
    """Most letters end with one. Source: own decision 0155."""
    said = ask(mail(f"{LEAFLET}{closing}"))
    assert Concern.ANSCHRIFT_NAME not in [found.code for found in said.concerns]
    assert said.payment_relevant is PaymentRelevant.NO


@pytest.mark.parametrize(
    "text",
    [
        f"{LEAFLET}Irmgard Bötte, neu: Schulweg 6, 39576 Stendal",
        f"{LEAFLET}Ab 1.4. Schulweg 6, 39576 Stendal",
        f"{LEAFLET}Schicken Sie es bitte in den Schulweg 6, 39576 Stendal, da bin ich jetzt immer.",
        f"Änderung\n{LEAFLET}Irmgard Bötte\nSchulweg 6\n39576 Stendal",
    ],
)
def test_an_address_that_may_be_news_is_handed_over(ask, mail, text: str) -> None:
    assert ask(mail(text)).payment_relevant is not PaymentRelevant.NO


@pytest.mark.parametrize(
    "text",
    [
        "Umgezogen: Birkenallee 77, 34117 Kassel. Jonas Reiter",
        "Ab 1.4. wohne ich Ulmenstr. 5, 34117 Kassel. Annelie Voss",
        "Hallo, ich bin krank bis 12.3. Neue Adresse: Gerberweg 22, 34117 Kassel",
        "Доброго дня. В суботу переїжджаю до Касселя, вул. Mauerweg 30, 34117 Kassel.",
        "Ich heiße jetzt Fischbach. Lea Fischbach, Lindenstr. 4, 34117 Kassel",
    ],
)
def test_whoever_talks_of_an_address_or_a_name_is_heard(ask, mail, text: str) -> None:
    assert Concern.ANSCHRIFT_NAME in [found.code for found in ask(mail(text)).concerns]
