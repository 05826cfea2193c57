"""A `no` of a mail whose own matter moves money wants somebody who says that nothing changes.

With the model that is installed, but without its bound: what is `open` here is so by these rules
alone. Mails that showed the fault lie in tests/mails/money.
"""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from classify import reading, unsettled
from classify.judge import PAPER, Judge
from rules.codes import PaymentRelevant
from tests import installed
from triage import wiring

WHEN = datetime(2026, 11, 25, 12, tzinfo=UTC)
GREETING = "Guten Tag,\nanbei das Gewünschte, vielen Dank für die Hilfe am Telefon!\nG. Marten\n"


@pytest.fixture(scope="module")
def ask():
    judge = Judge(replace(installed.model(), payment_bound=1.0), wiring.load_directory())

    def asked(mail):
        said = judge.judge(mail, received_at=WHEN, mailbox="kassel@arbeitsagentur.de")
        return said.payment_relevant, said.payment_because

    return asked


def test_a_matter_that_moves_money_and_that_nobody_unsays_is_open(ask, mail) -> None:
    text = "Hausnummer ist 14b, nicht 41b. Alles andere wie in meiner Mail vom 20.11. zum Umzug."
    assert ask(mail(text, subject="Berichtigung")) == (
        PaymentRelevant.OPEN,
        ("anschrift_name: unsettled",),
    )


def test_a_sentence_that_states_it_is_heard_beside_one_that_only_plans(ask, mail) -> None:
    if_then = "Wenn das Probearbeiten gut läuft, nehmen sie mich, hatte ich erzählt."
    assert ask(mail(if_then, subject="Probearbeiten"))[0] is PaymentRelevant.NO
    happened = f"{if_then} Lief gut, bin drin, Vertrag seit 24.11."
    assert ask(mail(happened, subject="Probearbeiten")) == (
        PaymentRelevant.OPEN,
        ("arbeitsaufnahme: unsettled",),
    )


@pytest.mark.parametrize(
    "text",
    [
        "Guten Tag, welches Konto haben Sie von mir gespeichert?",
        "Nein, an meiner Bankverbindung hat sich nichts geändert.",
        "Wir würden im nächsten Jahr gern nach Leipzig ziehen und suchen eine Wohnung.",
        "Ich ziehe meine Umzugsmitteilung zurück. Wir bleiben, wo wir sind.",
    ],
)
def test_what_is_asked_planned_denied_or_taken_back_moves_nothing(ask, mail, text: str) -> None:
    assert ask(mail(text))[0] is PaymentRelevant.NO


@pytest.mark.parametrize(
    ("name", "is_paper"),
    [
        ("Änderung Bankverbindung Marten.pdf", True),
        ("neue_IBAN.jpg", True),
        ("Krankmeldung_Noll.jpg", True),
        ("Heiratsurkunde.pdf", True),
        ("Geburtsurkunde Milan.pdf", True),
        ("Kontoauszug_Sep.pdf", False),
        ("Lohnkonto_2026.pdf", False),
        ("Arbeitsvertrag_alt.pdf", False),
        ("Antrag_Alg_unterschrieben.pdf", False),
        ("scan0001.pdf", False),
    ],
)
def test_the_name_of_a_file_tells_a_change(ask, mail, name: str, is_paper: bool) -> None:
    sent = mail(GREETING, subject="Bitte beachten", attachments=(name,))
    assert unsettled.has_paper_of_a_change(reading.of(sent)) is is_paper
    if is_paper:
        assert ask(sent)[0] is not PaymentRelevant.NO


def test_the_paper_is_the_reason(ask, mail) -> None:
    sent = mail(GREETING, attachments=("Änderung Bankverbindung Marten.pdf",))
    assert ask(sent) == (PaymentRelevant.OPEN, (PAPER,))
