"""What stands beside the judged text is judged too, before a mail is said to move no money.

With the model that is installed: on one of few mails nearly all is `open`.
"""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from classify import elsewhere, markup
from classify.judge import CLOSE, ELSEWHERE
from ingest.parse import parse
from rules.codes import PaymentRelevant
from rules.mail import BodyParts
from tests import installed

SAMPLES = sorted((Path(__file__).parents[1] / "mails" / "money").glob("*.eml"))
WHEN = datetime(2026, 11, 25, 12, tzinfo=UTC)
HARMLESS = (
    "Guten Tag,\nkönnen Sie mir bitte sagen, ob meine Unterlagen vom 12.11. angekommen sind und wie"
    " lange die Bearbeitung noch dauert?\nVielen Dank im Voraus.\n"
)
JOB = "Ab 1.12. fange ich bei der Firma Reuter als Lagerist an."
ANGRY = "Am Telefon hieß es jedes Mal, jemand werde zurückrufen, und dann kam doch nichts. "


@pytest.fixture(scope="module")
def ask():
    judge = installed.judge()

    def asked(mail):
        said = judge.judge(mail, received_at=WHEN, mailbox="kassel@arbeitsagentur.de")
        return said.payment_relevant, said.payment_because

    return asked


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_a_sentence_on_money_is_heard_wherever_a_person_can_write_it(
    ask, layouts, path: Path
) -> None:
    answer, _ = ask(parse(path.read_bytes(), layouts))
    assert answer in json.loads(path.with_suffix(".json").read_text())["payment"]


def test_a_subject_over_a_name_is_all_that_such_a_mail_says(ask, mail) -> None:
    """Own decision 0159."""
    text = "Wanda Piontek, 0176 5550 118"
    assert ask(replace(mail(text), subject="Ich hab Arbeit!"))[0] is not PaymentRelevant.NO
    assert ask(replace(mail(text), subject="Termin verschieben"))[0] is PaymentRelevant.NO


def test_each_sample_has_its_expectation() -> None:
    assert len(SAMPLES) > 60
    assert {path.with_suffix(".json") for path in SAMPLES} == set(SAMPLES[0].parent.glob("*.json"))


@pytest.mark.parametrize("part", ["quoted", "signature", "disclaimer"])
def test_each_part_that_was_cut_off_is_judged_as_well(ask, mail, part: str) -> None:
    thanks = replace(mail(), body=BodyParts(HARMLESS, **{part: "Vielen Dank und schöne Grüße."}))
    assert ask(thanks) == (PaymentRelevant.NO, ())
    blank = replace(mail(), body=BodyParts(HARMLESS, **{part: " \n"}))
    assert ask(blank) == (PaymentRelevant.NO, ())
    told = replace(mail(), body=BodyParts(HARMLESS, **{part: JOB}))
    assert ask(told) == (PaymentRelevant.OPEN, (ELSEWHERE,))


OUTLOOK = (
    "-----Ursprüngliche Nachricht-----\nVon: Kassel@arbeitsagentur.de\nGesendet: Dienstag, "
    "3. Februar 2026 09:12\nAn: Petra Klages\nBetreff: Ihre Nachricht\n\nSehr geehrte Frau "
    "Klages,\nvielen Dank für Ihre Nachricht. Ihr Anliegen wurde weitergeleitet."
)
BY_PROGRAMS = {
    "signature": (
        "Von meinem Samsung Galaxy Smartphone gesendet.",
        "--\nDiese E-Mail wurde von Avast-Antivirussoftware auf Viren geprüft.\nwww.avast.com",
        "Diese Nachricht wurde von meinem Android Mobiltelefon mit WEB.DE Mail gesendet.",
        "Tel. 0561 5550199\nAmtsgericht Kassel HRB 12345\nGeschäftsführer: Petra Klages",
    ),
    "quoted": (OUTLOOK,),
}


@pytest.mark.parametrize(
    ("part", "text"), [(part, text) for part, texts in BY_PROGRAMS.items() for text in texts]
)
def test_what_programs_write_around_a_text_is_no_reason(ask, mail, part: str, text: str) -> None:
    """A third of all answers `no` were `open` under such a line. Source: own decision 0155."""
    alone = replace(mail(), body=BodyParts(HARMLESS, **{part: text}))
    assert ask(alone) == (PaymentRelevant.NO, ())
    told = replace(mail(), body=BodyParts(HARMLESS, **{part: f"{text}\n{JOB}"}))
    assert ask(told) == (PaymentRelevant.OPEN, (ELSEWHERE,))


def test_other_parts_and_the_other_alternative_are_judged_as_well(ask, mail) -> None:
    assert ask(replace(mail(HARMLESS), elsewhere=JOB))[1] == (ELSEWHERE,)
    assert ask(replace(mail(HARMLESS), html=f"<p>{HARMLESS}<p>{JOB}"))[1] == (ELSEWHERE,)
    assert ask(replace(mail(HARMLESS), html=f"<p>{HARMLESS}"))[0] is PaymentRelevant.NO


def test_one_sentence_in_a_long_letter_is_heard(ask, mail) -> None:
    assert ask(mail(HARMLESS + ANGRY * 20))[0] is PaymentRelevant.NO
    assert ask(mail(HARMLESS + ANGRY * 20 + JOB + ANGRY * 20))[0] is not PaymentRelevant.NO
    unpunctuated = HARMLESS + ANGRY.replace(".", "") * 90 + JOB
    assert ask(mail(unpunctuated))[0] is not PaymentRelevant.NO


@pytest.mark.parametrize("defect", sorted(elsewhere.UNREAD))
def test_what_nobody_read_excludes_nothing(ask, mail, defect: str) -> None:
    assert ask(replace(mail(HARMLESS), defects=(defect,))) == (PaymentRelevant.OPEN, (ELSEWHERE,))
    assert ask(replace(mail(HARMLESS), defects=("date.missing",)))[0] is PaymentRelevant.NO


def test_more_than_is_read_excludes_nothing(ask, mail) -> None:
    enough = (ANGRY * elsewhere.MAX_CHARS)[: elsewhere.MAX_CHARS]
    for others, answer in ((enough, PaymentRelevant.NO), (f"{enough} ", PaymentRelevant.OPEN)):
        assert ask(replace(mail(HARMLESS), elsewhere=others))[0] is answer


def test_another_language_is_strange_elsewhere_too_but_not_in_a_disclaimer(ask, mail) -> None:
    english = "This message is confidential and intended solely for the use of the addressee."
    for body, answer in (
        (BodyParts(HARMLESS, quoted=english), PaymentRelevant.OPEN),
        (BodyParts(HARMLESS, disclaimer=english), PaymentRelevant.NO),
        (BodyParts("\n", disclaimer=english), PaymentRelevant.OPEN),
    ):
        assert ask(replace(mail(subject="Frage"), body=body))[0] is answer


UNKNOWN = (
    "Wie lange dauert die Bearbeitung noch? Schnurrpfeif, Zwirbelhex, Quirlbax, Murkelding,"
    " Fludergans, Glumpftropf, Wusselfee und Brabbelkutt, es ist noch nicht da und ich habe nichts"
    " von der Stelle gehört."
)
NO_SENTENCE = "Telefon Auskunft Termin Uhrzeit Sachbearbeiter Beratung Gespräch Raum Stock Gebäude"


@pytest.mark.parametrize("strange", [UNKNOWN, NO_SENTENCE], ids=["unlike", "language"])
def test_each_way_to_be_strange_excludes_nothing_by_itself(ask, mail, strange: str) -> None:
    """Unknown words in German sentences; known words in none. Most other languages are both."""
    assert ask(mail(strange)) == (PaymentRelevant.OPEN, (CLOSE,))
    quoted = replace(mail(), body=BodyParts(HARMLESS, quoted=strange))
    assert ask(quoted) == (PaymentRelevant.OPEN, (ELSEWHERE,))


def test_of_a_picture_alone_nobody_says_by_himself_that_it_moves_no_money(ask, mail) -> None:
    assert ask(mail("Hallo", attachments=("IMG_1.jpg",))) == (PaymentRelevant.OPEN, (CLOSE,))


@pytest.mark.parametrize(
    ("html", "found"),
    [
        ("<p>Guten Tag,<br>wo bleibt mein Bescheid?</p>", ""),
        ("<style>p {color: red; margin: 1cm}</style>wo bleibt <b>mein</b> Bescheid", ""),
        ("<p>wo bleibt mein Bescheid</p><script>krank gemeldet seit", ""),
        ("<p>wo bleibt mein\nBescheid</p><p>ich bin\nseit gestern krank</p>", True),
        ("<head><title>ich bin seit gestern krank</title></head>", True),
        ("wo bleibt mein Bescheid<img src=a alt='ich bin seit gestern krank'>", True),
        ("<textarea>ich bin seit gestern krank</textarea>", True),
        ("<div>ich</div><div>bin</div><div>seit</div><div>gestern</div><div>krank</div>", True),
        ("ich bin seit gestern &#107;rank", True),
    ],
)
def test_markup_tells_what_the_text_does_not(html: str, found: str | bool) -> None:
    said = markup.beside(html, "Guten Tag, wo bleibt mein Bescheid?")
    assert " ".join(said.split()).endswith("ich bin seit gestern krank") if found else said == ""
