"""The one Kundennummer of a mail: its sender's, or perhaps somebody else's.

Through the real parser, below heads as mail programs write them.
"""

from email.message import EmailMessage

import pytest

from classify import reading
from classify.facts.facts import kundennummern_of, read_facts
from classify.facts.whereabouts import Whereabouts
from ingest.parse import parse
from rules.facts import NUMBER_UNCLEAR, SEVERAL_NUMBERS

N = "123A456789"
LETTER = f"Sehr geehrte Frau Kern,\nes fehlt noch die Arbeitsbescheinigung.\nKundennummer: {N}\n"
STRANGE = (
    f"Hallo Mia,\nkannst du denen sagen, dass ich krank bin? Kundennummer {N}.\nGruß Ali Saad\n"
)
NEW = "Guten Tag,\nich bin bis 4.12. krank.\nGruß\nMia Kern\n\n"


def defects(
    text: str, *, subject: str = "", sender: str = "Mia Kern <mia.kern@post.example>"
) -> tuple[str, ...]:
    """The defects of the facts of a mail with this text; the number is told in any case."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, "kassel@arbeitsagentur.example", subject
    mail.set_content(text)
    read = reading.of(parse(mail.as_bytes()))
    number = kundennummern_of(read)
    facts = read_facts(read, dates={}, where=Whereabouts(), told=number)
    assert facts.kundennummer == N
    return facts.defects


def marked(text: str) -> str:
    return "".join(f"> {line}\n" for line in text.splitlines())


def outlook(who: str, *, to: str = "", text: str = LETTER) -> str:
    to_line = f"An: {to}\n" if to else ""
    head = f"Von: {who}\nGesendet: Montag, 23. November 2026 09:12\n{to_line}Betreff: Ihr Antrag\n"
    return f"________________________________\n{head}\n{text}"


def attributed(line: str, text: str = LETTER) -> str:
    return f"{line}\n\n{marked(text)}"


FORWARDED_BY_GMAIL = (
    "---------- Forwarded message ---------\nVon: Ali Saad <ali@post.example>\n"
    "Date: Mo., 23. Nov. 2026 um 09:12 Uhr\nSubject: krank\nTo: <mia.kern@post.example>\n\n"
)
GUARDIAN = (
    "als rechtliche Betreuerin teile ich mit, dass Herr Saad im Krankenhaus ist.\n\n"
    f"Mit freundlichen Grüßen\nMia Kern\nSeestr. 1, 34117 Kassel, {N}"
)
AGENCY = "Agentur für Arbeit Kassel <kassel@arbeitsagentur.example>"


@pytest.mark.parametrize(
    "quoted",
    [
        outlook(AGENCY),
        outlook(AGENCY, to="mia.kern@post.example"),
        outlook(AGENCY, to="'Mia Kern'"),
        outlook(AGENCY, to="Mia Kern <mk@firma.example>"),
        attributed(f"Am 23.11.2026 um 09:12 schrieb {AGENCY}:"),
        attributed("Am Mo., 23. Nov. 2026 um 09:12 Uhr schrieb\nAgentur für Arbeit Kassel:"),
        attributed("On Mon, 23 Nov 2026 at 09:12, Kassel <kassel@arbeitsagentur.example> wrote:"),
        attributed(
            "Am 23.11.2026 um 09:12 schrieb Eingang.Kassel:", LETTER.replace("Ku", "Ihre Ku")
        ),
        outlook("mia.kern@post.example", text=f"Guten Tag, meine Kundennummer ist {N}.\n"),
        outlook("Kern, Mia <mk@firma.example>", text=f"Guten Tag,\nich bin umgezogen. {N}\n"),
        f"Am 23.11.2026 um 09:12 schrieb Mia Kern:\n> Kundennummer {N}\n",
        # Her own mail below ours, below hers.
        outlook(AGENCY, text="Guten Tag,\nwelche Nummer haben Sie?\n\n")
        + outlook("Mia Kern <mia.kern@post.example>", text=f"Kundennummer {N}\n"),
    ],
)
def test_below_a_letter_of_ours_or_an_earlier_mail_of_his_own_it_is_the_senders(
    quoted: str,
) -> None:
    assert defects(NEW + quoted, subject="AW: Ihr Antrag") == ()


@pytest.mark.parametrize(
    "quoted",
    [
        outlook("Ali Saad <ali.saad@post.example>", text=STRANGE),
        outlook("Ali Saad", to="Mia Kern", text=STRANGE),
        attributed("Am 23.11.2026 um 09:12 schrieb Ali Saad <ali@post.example>:", STRANGE),
        FORWARDED_BY_GMAIL + STRANGE,
        f"-------- Weitergeleitete Nachricht --------\n{STRANGE}",
        outlook(AGENCY, to="ali.saad@post.example", text=LETTER.replace("Frau Kern", "Herr Saad")),
        outlook(AGENCY, text=LETTER.replace("Frau Kern", "Herr Saad")),
        # A stranger's mail below a letter of ours.
        outlook(AGENCY, text="Guten Tag Frau Kern,\nwas meint Herr Saad?\n\n")
        + outlook("Ali Saad <ali.saad@post.example>", text=STRANGE),
    ],
)
def test_below_a_strangers_mail_or_a_letter_to_a_stranger_it_is_unclear(quoted: str) -> None:
    assert defects(NEW + quoted, subject="WG: krank") == (NUMBER_UNCLEAR,)


def test_the_subject_of_what_is_handed_on_is_of_who_wrote_that() -> None:
    stranger = outlook("Ali Saad <ali.saad@post.example>", text="Guten Tag, ich bin krank.\n")
    assert defects(NEW + stranger, subject=f"WG: Krank, {N}") == (NUMBER_UNCLEAR,)
    assert defects(NEW + outlook(AGENCY), subject=f"AW: Ihr Antrag, {N}") == ()
    assert defects(NEW + marked(LETTER), subject=f"AW: Ihr Antrag, {N}") == ()
    assert defects(NEW + stranger, subject=f"Krank, {N}") == ()


def test_the_senders_own_words_settle_it() -> None:
    stranger = outlook("Ali Saad <ali.saad@post.example>", text=STRANGE)
    assert defects(f"Meine Kundennummer ist {N}.\n{NEW}{stranger}", subject="WG: krank") == ()
    assert defects(f"{NEW}Kundennummer {N}\n\n{stranger}", subject="WG: krank") == ()
    other = stranger.replace(N, "234B567890")
    assert defects(f"Meine Kundennummer ist {N}.\n{NEW}{other}") == (SEVERAL_NUMBERS,)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            f"ich schreibe für meinen Bruder, er ist krank.\n\nGruß\nMia Kern\n{N}",
            (NUMBER_UNCLEAR,),
        ),
        (f"im Namen meines Vaters: er ist krank.\nMfG Mia Kern, {N}", (NUMBER_UNCLEAR,)),
        (GUARDIAN, (NUMBER_UNCLEAR,)),
        (f"ich schreibe für meinen Bruder ({N}), er ist krank.\n\nGruß\nMia Kern", ()),
        (f"ich schreibe für meinen Bruder.\n\nGruß\nMia Kern\nKundennummer von Ali: {N}", ()),
        (f"ich schreibe für meinen Bruder.\n\nGruß\nMia Kern\n\nHerr Ali Saad, {N}", ()),
        (f"mein Bruder ist zu Besuch, und ich bin krank.\n\nGruß\nMia Kern\n{N}", ()),
    ],
)
def test_beside_the_name_of_who_writes_for_another_it_is_unclear(text, told) -> None:
    assert defects(f"Guten Tag,\n{text}\n") == told
