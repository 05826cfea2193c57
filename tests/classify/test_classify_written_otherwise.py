"""How a mail is written and wrapped changes nothing that is said of it. Own decisions 0155, 0159.

With the model that is installed, on mails that it has never seen.
"""

import re
import textwrap
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from html import escape
from pathlib import Path

import pytest

from classify.corpus import lines
from classify.corpus.lines import LabelledMail
from ingest.parse import parse
from rules.codes import Channel
from tests import installed

SETS = ("zi_inbox", "zu_inbox", "zx_inbox", "zy_inbox", "zn_counter")
MOST: int = 1
"""Of some eighty mails so many may be said otherwise: a mail at a bound tips over by anything."""
Turn = Callable[[LabelledMail], LabelledMail]


@pytest.fixture(scope="module")
def mails() -> list[LabelledMail]:
    unseen = Path(__file__).parents[2] / "corpus" / "unseen"
    read = lines.read([unseen / f"{name}.jsonl" for name in SETS])
    free = [one for one in read if one.channel is Channel.FREIE_EMAIL and one.body and not one.html]
    return free[::17]


@pytest.fixture(scope="module")
def said():
    judge = installed.judge()

    def asked(line: LabelledMail):
        told = judge.judge(
            parse(lines.as_eml(line)),
            received_at=line.received_at,
            mailbox="Kassel@arbeitsagentur.de",
        )
        return told.concerns[0].code, told.payment_relevant, told.facts.dates

    return asked


def body(change: Callable[[str], str]) -> Turn:
    return lambda line: replace(line, body=change(line.body))


def below(text: str) -> Turn:
    return body(lambda said: f"{said.rstrip()}\n\n{text}")


def subject(change: Callable[[str], str]) -> Turn:
    return lambda line: replace(line, subject=change(line.subject))


def html(change: Callable[[str], str]) -> Turn:
    return lambda line: replace(line, body="", html=change(escape(line.body)))


def wrapped(width: int) -> Turn:
    def wrap(text: str) -> str:
        return "\n".join([textwrap.fill(line, width) for line in text.split("\n")])

    return body(wrap)


def outlook(text: str) -> str:
    blank = "<o:p>&nbsp;</o:p>"
    return "".join([f"<p class=MsoNormal>{line or blank}</p>\r\n" for line in text.split("\n")])


def above(text: str) -> Turn:
    return body(lambda said: f"{text}\n\n{said}")


def numbered(turn: Turn) -> Turn:
    """Mails that have a Kundennummer stay."""
    return lambda line: line if re.search(r"\d{3} ?[A-Za-z] ?\d{6}", line.body) else turn(line)


QUOTED = (
    "Von: Arbeitsagentur Kassel <Kassel@arbeitsagentur.de>\nGesendet: Dienstag, 3. Februar 2026 "
    "09:12\nAn: Petra Klages\nBetreff: Ihre Nachricht\n\nSehr geehrte Frau Klages,\nvielen Dank "
    "für Ihre Nachricht. Ihr Anliegen wurde an die zuständige Stelle weitergeleitet."
)
PROPERTIES: dict[str, Turn] = {
    "paragraphs of HTML": html(lambda text: "<p>" + text.replace("\n", "<br>") + "</p>"),
    "Outlook's HTML": html(outlook),
    "a table of HTML": html(
        lambda text: "<table><tr><td>" + text.replace("\n", "<br>") + "</td></tr></table>"
    ),
    "wrapped at 72": wrapped(72),
    "wrapped at 76": wrapped(76),
    "no-break spaces": body(lambda text: text.replace(" ", "\xa0")),
    "two blanks": body(lambda text: re.sub(r"([.!?]) ", r"\1  ", text)),
    "a blank line behind each": body(lambda text: text.replace("\n", "\n\n")),
    "decomposed umlauts": body(lambda text: unicodedata.normalize("NFD", text)),
    "soft hyphens": body(lambda text: re.sub(r"(?<=\w{5})(?=\w{4})", "\xad", text)),
    "quotes and dashes": body(lambda text: text.replace(" - ", " – ").replace('"', "“")),
    "blanks before signs": body(lambda text: re.sub(r"(?<=[a-z]{4})(?=[,!?])", " ", text)),
    "louder": body(lambda text: re.sub(r"(?<=[a-z]{4})[.!](?=\s)", "!!", text)),
    "an answer": subject(lambda text: f"AW: {text}"),
    "a loud subject": subject(str.upper),
    "iPhone": below("Von meinem iPhone gesendet"),
    "Samsung": below("Von meinem Samsung Galaxy Smartphone gesendet."),
    "Avast": below("-- \nDiese E-Mail wurde von Avast-Antivirussoftware auf Viren geprüft."),
    "quoted by Outlook": below(QUOTED),
    "thanks in advance": below("Vielen Dank im Voraus!"),
    "typing errors": below("P.S. Entschuldigen Sie bitte meine Tippfehler."),
    "head of a letter": body(lambda text: f"Kassel, den 3. Februar 2026\n\n{text}"),
    "many answers": subject(lambda text: f"Re: Re: AW: {text}"),
    "all large": body(str.upper),
    "Kundennummer above": numbered(above("Kundennummer: 321A123456")),
    "Kundennummer below": numbered(below("Kd.-Nr. 321A123456")),
    "Kundennummer in a sentence": numbered(below("Meine Kundennummer ist 321A123456.")),
    "questions": below("Für Rückfragen stehe ich Ihnen gerne zur Verfügung."),
}


@pytest.mark.parametrize("name", PROPERTIES)
def test_what_says_nothing_changes_nothing(said, mails, name: str) -> None:
    turn = PROPERTIES[name]
    changed = [line.id for line in mails if said(turn(line)) != said(line)]
    assert len(changed) <= MOST, changed


@pytest.mark.parametrize("name", ["Krankenhagen", "Klagemann", "Rentz", "Dr. Lohnherr"])
def test_the_name_of_the_clerk_changes_nothing(said, mails, name: str) -> None:
    def greeted(line: LabelledMail, name: str) -> LabelledMail:
        return replace(line, body=f"Sehr geehrte Frau {name},\n\n{line.body}")

    changed = [one.id for one in mails if said(greeted(one, name)) != said(greeted(one, "Moor"))]
    assert not changed


MATTERS = [
    ("Ab 1.12. fange ich bei der Firma Reuter als Lagerist an.", "yes"),
    ("Was muss ich Ihnen schicken, falls ich eine Arbeit als Lagerist finde?", "no"),
    ("Ich bin bis 12.12. krankgeschrieben, die AU hängt an.", "yes"),
    ("Muss ich eine AU schicken, falls ich mal krank werde?", "no"),
    ("Ich bin nach Fulda gezogen, Lindenstr. 4, 36037 Fulda.", "yes"),
    ("Was muss ich Ihnen schicken, falls ich umziehe?", "no"),
    ("Meine neue IBAN ist DE02 1203 0000 0000 2020 51.", "yes"),
    ("Kann ich meine IBAN auch online ändern?", "no"),
]


@pytest.mark.parametrize(("text", "answer"), MATTERS)
def test_what_says_something_changes_the_answer(said, mails, text: str, answer: str) -> None:
    line = replace(mails[0], subject="Anfrage", body=f"Guten Tag,\n{text}\nGruß Petra Klages")
    assert (said(line)[1] == "yes") == (answer == "yes")
