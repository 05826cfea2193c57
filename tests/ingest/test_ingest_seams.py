"""The seams of a text: quoted mail, signatures, disclaimers; nothing lost, facts kept."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import html
from ingest.seams import earlier, form_lines, program_lines, signature
from ingest.seams.cut import MAX_LINES, cut
from rules.mail import BodyParts

ROOT = Path(__file__).parents[2]
OWN = "Ich bin krank bis 15.03.2024.\n\nMfG\nAnna Muster\n"


def texts_of(files: str) -> list[str]:
    return [
        row["body"] if "body" in row else html.to_text(row["html"])
        for path in sorted((ROOT / "corpus").glob(files))
        for row in map(json.loads, path.read_text("utf-8").splitlines())
    ]


TEXTS = texts_of("*.jsonl")
READ_BY_A_PERSON = "[a-k]_*.jsonl"
SEAMS = [
    "-----Ursprüngliche Nachricht-----",
    "-----Original Message-----",
    "---------- Forwarded message ---------",
    "-------- Weitergeleitete Nachricht --------",
    "--- Weitergeleitet ---",
    "Anfang der weitergeleiteten Nachricht:",
    "Begin forwarded message:",
    "Am 04.03.2024 um 10:15 schrieb Agentur für Arbeit:",
    "Am Mo., 4. März 2024 um 10:15 Uhr schrieb Agentur <a@agentur.example>:",
    "Am 04.03.2024 um 10:15 schrieb\nAgentur für Arbeit Kassel\n<a@agentur.example>:",
    "On Mon, Mar 4, 2024 at 10:15 AM Agentur <a@agentur.example> wrote:",
    "Agentur <a@agentur.example> schrieb am Mo., 4. März 2024, 10:15:",
    "2024-03-04 10:15 GMT+01:00 Agentur <a@agentur.example>:",
    "Le 4 mars 2024 à 10:15, Agentur <a@agentur.example> a écrit :",
    "Von: Agentur\nGesendet: Montag, 4. März 2024\nAn: Anna\nBetreff: Termin\n",
    "*Von:* Agentur <a@agentur.example>\n*Gesendet:* Montag\n*Betreff:* Termin\n",
    "________________________________\nVon: Agentur\nGesendet: Montag\nAn: Anna\nBetreff: Termin\n",
    "From: Agentur\nSent: Monday\nTo: Anna\nSubject: Termin\n",
]


@pytest.mark.parametrize("seam", SEAMS)
def test_what_stands_below_a_seam_is_quoted(seam: str) -> None:
    parts = cut(f"{OWN}\n{seam}\nKommen Sie am 12.3., neue IBAN bitte melden.\n")
    assert parts.new.strip() == OWN.strip()
    assert "neue IBAN bitte melden" in parts.quoted


@pytest.mark.parametrize(
    "text",
    [
        "Am 12.3. um 10:15 Uhr schrieb mir Ihre Kollegin:\nBitte AU schicken. Hier ist sie.",
        "Am 12.3. schrieb der Arzt, dass Folgendes gilt:\nkrank bis 20.3.",
        "Bitte an meine Adresse anna@post.example in 34117 Kassel schreiben:\nBin krank.",
        "-- \nIch bin krank bis 20.3.",
        "Von: 04.03.2024\nBis: 15.03.2024\nbin ich krank",
        "Hier klicken:\n>> Jetzt anmelden <<",
        "Der Arzt hat mich am 4.3. krankgeschrieben:\nbis 15.3.",
        "Ich habe drei Fragen:\n- erstens --- zweitens\n- drittens",
        "Das Konto ist neu.\nVon: meiner Schwester kam der Rat.\nIBAN folgt.",
    ],
)
def test_what_only_looks_like_a_seam_stays_new(text: str) -> None:
    assert cut(text) == BodyParts(text)


@pytest.mark.parametrize(
    "line",
    [
        "-- Reply above this line --",
        "Please reply above the line",
        "Bitte antworten Sie oberhalb dieser Linie",
        "Bitte schreiben Sie über dieser Zeile.",
        "__________\nNicht unterhalb dieser Zeile schreiben",
    ],
)
def test_of_a_ticket_systems_line_what_stands_right_above_it_is_the_answer(line: str) -> None:
    parts = cut(f"Ich kündige zum 1.5.\n{line}\nMelden Sie jede neue IBAN.\n")
    assert parts.new == "Ich kündige zum 1.5.\n"
    assert "neue IBAN" in parts.quoted


@pytest.mark.parametrize(
    "head",
    [
        "Von: Agentur Kassel\nGesendet: Montag, 4. März 2024 10:15\nBetreff: Termin\n",
        "Von: Agentur Kassel\nAn: Mia Kern\nBetreff: Termin\n",
        "Von: Agentur <a@agentur.example>\nBetreff: Termin\n",
    ],
)
def test_what_a_mail_program_writes_is_a_seam_under_the_lines_of_a_form_too(head: str) -> None:
    form = "Kundennummer: 123A456789\nAbsender: Mia Kern\n\n"
    parts = cut(f"{form}{head}\nMelden Sie jede neue IBAN.\n")
    assert (parts.new, "neue IBAN" in parts.quoted) == (form, True)


def test_an_earlier_mail_without_marks_is_found_behind_answers_between_marked_lines() -> None:
    text = "Hallo,\n> Ihre Frage:\nJa, bis Freitag.\n\n"
    parts = cut(f"{text}Am 04.03.2024 um 10:15 schrieb Agentur für Arbeit:\nNeue IBAN?\n")
    assert parts.new == "Hallo,\nJa, bis Freitag.\n\n"
    assert "Neue IBAN?" in parts.quoted


def test_answers_between_quoted_lines_are_new() -> None:
    text = "Hallo,\n> Sind Sie krank?\nJa, bis Freitag.\n> Neue IBAN?\nNein.\n>> älter\n"
    parts = cut(text)
    assert parts.new == "Hallo,\nJa, bis Freitag.\nNein.\n"
    assert parts.quoted == "> Sind Sie krank?\n> Neue IBAN?\n>> älter\n"


def test_an_attribution_of_another_language_goes_with_its_quote() -> None:
    parts = cut("Dobrze.\n\nW dniu 2024-03-04 o 08:33, a@agentur.example pisze:\n> Termin\n")
    assert parts.new.strip() == "Dobrze."


FORWARD = "Von: Anna <anna@post.example>\nGesendet: Montag\nAn: Praxis\nBetreff: Krank\n\n"


@pytest.mark.parametrize(
    "own",
    [
        "",
        "siehe unten",
        "zur Kenntnis",
        "z.K.",
        "FYI",
        "Guten Tag,\n\nbitte um weitere Veranlassung\n\nMit freundlichen Grüßen\nP. Meier",
        "Von meinem iPhone gesendet",
    ],
)
def test_a_mail_forwarded_without_words_is_the_message(own: str) -> None:
    parts = cut(f"{own}\n\n{FORWARD}Ich bin krank bis Freitag.\n\nVon: Alt\nAn: Anna\n\nganz alt\n")
    assert "Ich bin krank bis Freitag." in parts.new
    assert "Gesendet: Montag" in parts.quoted
    assert "ganz alt" in parts.quoted


def test_the_head_of_a_forwarded_mail_is_not_its_text_though_it_has_gaps() -> None:
    head = "Von: Anna <anna@post.example>\n\nGesendet: Montag\n\nBetreff: Neue IBAN?\n\n"
    parts = cut(f"{head}Ich bin krank bis Freitag.\n")
    assert parts.new.strip() == "Ich bin krank bis Freitag."


@pytest.mark.parametrize("own", ["", "Von meinem iPhone gesendet\n\n"])
def test_what_a_phone_forwards_in_marks_is_the_message(own: str) -> None:
    fields = "> Von: Praxis <p@x.example>\n> Datum: 3. März 2026 um 10:15:11 MEZ\n> Betreff: AU\n"
    parts = cut(
        f"{own}Anfang der weitergeleiteten Nachricht:\n\n{fields}> \n> Krank bis 20.3.\n>> alt\n"
    )
    assert "Krank bis 20.3." in parts.new
    assert "> alt" in parts.quoted


@pytest.mark.parametrize(
    "form",
    [
        "Nachricht aus dem Leistungspostfach\nAbsender: Mia Kern\nBetreff: Krank\n\n",
        "Kundennummer: 123A456789\nAbsender: Mia Kern\nBetreff: Krank\n",
        "Von: Mia Kern (123A456789)\nBetreff: Krank\n\n",
        "Neue Nachricht im Postfach\nVon: Mia Kern\nBetreff: Krank\nEingang: 3.3.2026\n\n",
        "Nachricht aus dem Postfach\nVon: Mia Kern, 123A456789\nGesendet: 3.3.2026 08:00\n\n",
        "Topic: Krank\nFrom: 03.03.2026\nTo: 14.03.2026\n",
        "Von: Dienstag, 3. März\nBis: 14. März\nDatum: 3.3.2026\n",
        "Absender: Mia Kern\nAn: Agentur\nDatum: 3.3.2026\nBetreff: Krank\n\n",
    ],
)
def test_the_lines_of_a_form_are_no_earlier_mail(form: str) -> None:
    text = f"{form}Ich bin krank bis 14.03.2026, die AU liegt bei der Kasse.\n"
    assert cut(text) == BodyParts(text)


@pytest.mark.parametrize(
    ("above", "is_form"),
    [
        ("Weiterleitung aus dem Leistungspostfach", True),
        ("Kunde\tMia Kern\nKdNr\t123A456789\nBereich\tArbeitslosengeld", True),
        ("Kd.-Nr. 123A456789 / Kern, Mia", True),
        ("Rückmeldung: hat geklappt, danke. Mia", False),
        ("Danke", False),
    ],
)
def test_marked_lines_under_a_form_without_a_sentence_are_its_text(
    above: str, is_form: bool
) -> None:
    parts = cut(f"{above}\n\n> Ich bin krank bis 14.03.2026.\n")
    assert ("krank" in parts.new) is is_form


def test_a_text_that_is_nothing_but_a_block_is_no_signature() -> None:
    text = "Seit 7. April selbständig. Steuernummer ist beantragt. Mia Kern\n"
    assert cut(text).new == text


def test_a_block_without_time_or_receiver_is_an_earlier_mail_under_sentences_only() -> None:
    block = "Von: Leistungsservice\nBetreff: Ihr Konto\nDie neue IBAN ist hinterlegt.\n"
    parts = cut(f"Danke! Ist der Termin am 17.12. vor Ort?\n\n{block}")
    assert parts.quoted == block
    assert cut(block).new == block


@pytest.mark.parametrize(
    "own",
    [
        "Hallo, wann kommt mein Geld?",
        "Guten Tag, ich bin krank",
        "Hallo, bin krank",
        "Hallo bin krank",
        "MfG\nAnna\nPS: Rückruf erbeten wegen der Kündigung, die am Montag abgegeben wurde",
    ],
)
def test_a_sentence_behind_a_greeting_is_a_word_of_ones_own(own: str) -> None:
    parts = cut(f"{own}\n\n{FORWARD}Melden Sie jede neue IBAN.\n")
    assert "IBAN" not in parts.new


@pytest.mark.parametrize(
    ("own", "head"),
    [
        ("Meine Tochter ist seit gestern im Krankenhaus.", FORWARD),
        ("MfG\nKundennummer: 123A456789", FORWARD),
        ("", "Von: Kassel@arbeitsagentur.example\nGesendet: Montag\nBetreff: Einladung\n\n"),
        ("Über das Portal geht es nicht.\nMeine Tochter ist im Krankenhaus.", FORWARD),
        ("Danke für Ihre Nachricht.", FORWARD),
        ("Vielen Dank für die schnelle Nachricht", FORWARD),
    ],
)
def test_own_words_or_the_agencys_own_mail_leave_the_forwarded_quoted(own: str, head: str) -> None:
    parts = cut(f"{own}\n\n{head}Melden Sie jede neue IBAN.\n")
    assert "IBAN" not in parts.new
    assert own in parts.new


def test_an_answer_announced_above_is_found_below_the_agencys_mail() -> None:
    agency = "Von: Agentur für Arbeit Kassel\nGesendet: Montag\nBetreff: Fragen\n\nSind Sie krank?"
    closing = "Mit freundlichen Grüßen\nIhre Agentur\n"
    answer = "Guten Tag, ich bin krank bis 20.3.\n"
    own = "Meine Antworten stehen unten im Text."
    parts = cut(f"{own}\n\n{agency}\n\n{closing}\n{answer}")
    assert (own in parts.new, answer in parts.new) == (True, True)
    assert "Sind Sie krank?" in parts.quoted


def test_a_mail_of_the_agency_that_somebody_forwards_as_such_is_the_message() -> None:
    head = "Von: Agentur für Arbeit Kassel\nDatum: 4. März 2024\nBetreff: Einladung\n\n"
    parts = cut(f"---------- Forwarded message ---------\n{head}Kommen Sie am 12.3.\n")
    assert "Kommen Sie am 12.3." in parts.new


@pytest.mark.parametrize(
    "line",
    [
        "Von meinem iPhone gesendet",
        "Gesendet von meinem Samsung Galaxy Smartphone",
        "Gesendet mit der GMX Mail App",
        "Sent from my iPad",
        "Get Outlook for Android",
        "Virenfrei. www.avast.com",
        "-- \nIm Leben ist alles Übung",
    ],
)
def test_what_a_program_signs_is_signature(line: str) -> None:
    parts = cut(f"krank bis freitag, 123A456789\n\n{line}\n")
    assert parts.new.strip() == "krank bis freitag, 123A456789"
    assert line in parts.signature


@pytest.mark.parametrize(
    "end",
    [
        "Mit freundlichen Grüßen\nMax Muster\nKundennummer: 123A456789\n34117 Kassel\nTel. 0561 1",
        "-- \nMax Muster\nKd-Nr. 123A456789\nHauptstraße 1\n34117 Kassel",
        "LG Max\n\n34117 Kassel, 123 A 456 789",
        "-- \nMax Muster\n34117 Kassel\nTel.: 0561 1234\nKd-Nr. 123A456789",
    ],
)
def test_facts_of_a_private_person_stay_new(end: str) -> None:
    parts = cut(f"Ich bin krank.\n\n{end}\n")
    for fact in ("123", "34117 Kassel"):
        assert fact in parts.new


COMPANY = "Metallbau Beispiel GmbH\nHauptstr. 1, 34117 Kassel\n"


@pytest.mark.parametrize(
    "proof",
    [
        "Geschäftsführer: A. Beispiel",
        "HRB 99999 Amtsgericht Kassel",
        "USt-IdNr. DE999999999",
        "Sitz der Gesellschaft: Kassel",
        "Bankverbindung: DE02 1203 0000 0000 2020 51",
    ],
)
def test_a_companys_block_is_signature_if_something_proves_it(proof: str) -> None:
    parts = cut(f"Herr M. beginnt.\n\nFreundliche Grüße\nP. Meier\n\n{COMPANY}{proof}\n")
    assert parts.new.strip() == "Herr M. beginnt.\n\nFreundliche Grüße\nP. Meier"
    assert parts.signature == f"{COMPANY}{proof}\n"


@pytest.mark.parametrize("begin", ["MfG\nS. Kühn\n", "-- \n"])
def test_the_account_that_a_practice_signs_with_is_no_customers(begin: str) -> None:
    block = "Hausarztpraxis Dr. Beispiel\nMarktplatz 9, 34117 Kassel\nBankverbindung: DE02 1203\n"
    parts = cut(f"Anbei die AU von Max Muster.\n\n{begin}{block}")
    assert "DE02" in parts.signature


@pytest.mark.parametrize(
    "text",
    [
        f"Freundliche Grüße\nP. Meier\n{COMPANY}",
        "Das Amtsgericht Kassel hat mich zur Betreuerin bestellt.",
        "An die Geschäftsführung\n\nIch beschwere mich.",
        "Neue Bankverbindung: DE02 1203 0000 0000 2020 51\n\nLG Max",
    ],
)
def test_without_proof_nothing_is_taken_for_a_companys_block(text: str) -> None:
    assert cut(text).signature == ""


IBAN = "DE02 1203 0000 0000 2020 51"
TAX = "Steuernummer: 25/123/45678"


@pytest.mark.parametrize(
    "text",
    [
        f"Das Konto ist neu.\n\nMfG\nMax Muster\nBankverbindung: {IBAN}\n",
        f"Bitte ändern.\n\nMfG\nMax Muster\nTel.: 0561 1234\nKontoverbindung neu: {IBAN}\n",
        f"Hallo,\n\ndas Konto ist neu.\n\nBankverbindung: {IBAN}\n\nMfG\nMetallbau GmbH\n",
        f"Seit April selbständig.\n{TAX}\n",
        f"{TAX}\nAb 1.5. Gewerbe, bitte abmelden.\n\nMfG\nAnna Muster\n",
        f"Hallo,\n\n{TAX}\n\nBitte Zahlung stoppen.\nAb 1.5. Arbeit.\nKein Geld mehr.\nDanke.\n",
    ],
    ids=[
        "account",
        "with telephone",
        "of a company",
        "all there is",
        "above the closing",
        "at the top",
    ],
)
def test_what_a_company_would_sign_with_is_text_where_somebody_says_it(text: str) -> None:
    assert cut(text) == BodyParts(text)


def test_a_line_drawn_between_paragraphs_begins_no_signature_where_one_follows() -> None:
    said = "Kündigung anbei.\n--\n\nBitte Abmeldung zum 1.5.\n"
    parts = cut(f"{said}-- \nAnna Muster\n")
    assert parts.new == said


def test_a_sentence_like_a_disclaimer_amid_the_text_ends_nothing() -> None:
    text = "Konto neu.\nDiese E-Mail bitte vertraulich behandeln.\nIBAN folgt.\n\nMfG\nAnna\n"
    assert cut(text) == BodyParts(text)


@pytest.mark.parametrize(
    "line",
    [
        "Diese E-Mail enthält vertrauliche Informationen.",
        "Der Inhalt dieser E-Mail ist vertraulich.",
        "This e-mail is confidential.",
        "Sollten Sie nicht der richtige Adressat sein, löschen Sie diese Mail.",
        "Bitte denken Sie an die Umwelt, bevor Sie diese E-Mail drucken.",
        "Hinweise zum Datenschutz: https://firma.example/ds",
    ],
)
def test_a_disclaimer_is_set_apart(line: str) -> None:
    parts = cut(f"{OWN}\n{line}\nzweite Zeile davon\n")
    assert parts.disclaimer == f"{line}\nzweite Zeile davon\n"


WRAPPED = (
    "ACHTUNG: Diese E-Mail kommt von einem externen Absender. Bitte klicken Sie nicht auf Links"
    "\nund öffnen Sie keine Anhänge, wenn Sie den Absender nicht kennen."
)
IN_ENGLISH = (
    "CAUTION: This email originated from outside of the organization. Do not click links or open"
    "\nattachments unless you recognize the sender and know the content is safe."
)
WARNINGS = [
    *(WRAPPED, IN_ENGLISH),
    "[EXTERN]",
    "*** EXTERNE E-MAIL ***",
    "Achtung, diese E-Mail kommt von außerhalb!",
    "Hinweis: Diese Mail kommt von einem externen Absender",
    "WARNUNG: EXTERNE E-MAIL\nBitte öffnen Sie keine Anhänge von unbekannten Absendern.",
    "You don't often get email from anna@post.example. Learn why this is important",
    "Sie erhalten nicht häufig E-Mails von anna@post.example. Erfahren Sie, warum dies wichtig ist",
]


@pytest.mark.parametrize("warning", WARNINGS)
@pytest.mark.parametrize(
    "own",
    [
        "Guten Tag,\nmeine neue IBAN lautet DE02120300000000202051.",
        "Ab 1.12. fange ich als Lagerist an.",
        "Neue Adresse: Lindenweg 4, 34117 Kassel",
        "Anbei im Anhang die AU.",
        "bitte prüfen Sie den Anhang, danke",
        "Die Anlage ist nicht dabei, kommt morgen.",
        "Der Link im Brief ließ sich nicht öffnen",
    ],
)
def test_a_gateways_warning_ends_where_the_senders_text_begins(warning: str, own: str) -> None:
    parts = cut(f"{warning}\n{own}\nGruß Anna\n")
    assert parts == BodyParts(f"{own}\nGruß Anna\n", disclaimer=f"{warning}\n")


@pytest.mark.parametrize(
    "text",
    [
        "Achtung, ich bin gerade außerhalb und schreibe diese E-Mail vom Handy.\n",
        "Achtung: externe E-Mail, meine neue Anschrift ist Lindenweg 4.\n",
        "Externe Prüfung nicht bestanden.\nUnd nun?\n",
        "Hinweis: ab 1.12.2026 außerhalb von Kassel, Nachricht folgt.\n",
    ],
)
def test_a_person_who_writes_like_a_gateway_is_heard(text: str) -> None:
    assert cut(text) == BodyParts(text)


def test_who_speaks_of_himself_under_a_disclaimer_is_heard() -> None:
    legal = "Diese E-Mail ist vertraulich und nur für den Empfänger bestimmt.\n"
    parts = cut(f"Den Termin nehme ich wahr.\n\nGruß\nPaul\n\n{legal}Ab 1.12. habe ich Arbeit.\n")
    assert parts.disclaimer == legal
    assert "habe ich Arbeit" in parts.new


def test_a_customers_wish_for_discretion_is_no_disclaimer() -> None:
    text = "Bitte behandeln Sie das vertraulich. Diese Nachricht ist wichtig.\n"
    assert cut(text) == BodyParts(text)


PIECES = st.sampled_from(
    [*SEAMS, "> zitiert", "-- ", "MfG", "HRB 1", "GmbH", "", "Text.", "Von meinem iPhone gesendet"]
) | st.text(max_size=30)


@given(st.lists(PIECES, max_size=25).map("\n".join))
def test_no_line_is_lost_and_every_part_keeps_the_order(text: str) -> None:
    parts = cut(text)
    joined = parts.new + parts.quoted + parts.signature + parts.disclaimer
    assert sorted(joined) == sorted(text)
    for part in (parts.new, parts.quoted, parts.signature, parts.disclaimer):
        rest = iter(text.split("\n"))
        assert all(line in rest for line in part.split("\n") if line)


def test_the_training_mails_are_cut_as_often_as_a_person_read_it() -> None:
    cuts = [cut(text) for text in texts_of(READ_BY_A_PERSON)]
    assert 69 <= sum(bool(parts.quoted) for parts in cuts) <= 110
    assert 39 <= sum(bool(parts.signature) for parts in cuts) <= 45
    assert 18 <= sum(bool(parts.disclaimer) for parts in cuts) <= 22


def test_no_letter_of_a_training_mail_is_lost() -> None:
    for text in TEXTS:
        parts = cut(text)
        assert sorted(parts.new + parts.quoted + parts.signature + parts.disclaimer) == sorted(text)


def test_lines_that_are_not_looked_at_hold_nothing_that_counts() -> None:
    for text in TEXTS:
        lines = text.split("\n")
        seams = {n for n in range(len(lines)) if earlier._seam_at(lines, n)}
        assert seams <= earlier._likely(text, lines)
        lower, last = f"\n{text}".lower(), len(lines) - 1
        begins = {n for n, x in enumerate(lines) if signature._is_disclaimer(x)}
        begins |= {n for n, x in enumerate(lines) if program_lines._APP.fullmatch(x.rstrip())}
        assert begins <= set(signature._beginning(lower, last))
        proofs = {n for n, line in enumerate(lines) if signature._proves(line)}
        assert proofs <= set(signature._holding(lower, last))


@pytest.mark.parametrize(
    "line",
    [
        *("Von\t: Agentur\nGesendet: Montag", "--Original Message--"),
        *("Diese E-Mail wurde von AVG geprüft", "Muster AG ·  Sitz Kassel · HR"),
    ],
)
def test_rare_spellings_are_seen_without_a_common_one_beside_them(line: str) -> None:
    assert line not in cut(f"{OWN}\n{line}\nMehr\n").new


def test_thousands_of_senders_below_each_other_are_not_each_held_against_all(monkeypatch) -> None:
    held: list[int] = []

    def counted(lines: list[str]) -> bool:
        held.append(len(lines))
        return True

    monkeypatch.setattr(form_lines, "are_form", counted)
    cut("Von: Jana Kern\nBetreff: Termin\n" * (MAX_LINES // 2))
    assert held
    assert sum(held) < 10 * MAX_LINES
