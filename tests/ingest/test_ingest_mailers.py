"""How mailers in the field write around a customer's sentence, each with what is the sentence."""

import base64

import pytest

from ingest import html
from ingest.headers import Mailbox, mailboxes
from ingest.parse import parse
from ingest.seams.cut import cut

NEW = "Ich bin ab dem 1.3. krank. Die Bescheinigung liegt bei."
BELOW = "Sehr geehrte Frau Kern,\nbitte senden Sie uns Ihre IBAN."
MARKED = "\n".join(f"> {line}" for line in BELOW.split("\n"))
US = "Agentur Kassel <kassel@arbeitsagentur.example>"

HEADS = {
    "GMX web": f"Gesendet: Montag, 3. Februar 2025 um 09:15\nVon: {US}\nAn: mia@post.example\n"
    "Betreff: Ihre Unterlagen\n",
    "WEB.DE app": "--\nDiese Nachricht wurde von meinem Android Mobiltelefon mit WEB.DE Mail "
    f"gesendet.\nAm 03.02.25, 09:15, {US} schrieb:\n",
    "Telekom app": "Gesendet mit der Telekom Mail App\n<https://dienste.telekom.example/app>\n\n"
    "--- Original-Nachricht ---\nVon: Agentur Kassel\nBetreff: x\nDatum: 03. Februar 2025, 09:15\n",
    "T-Online": "-----Original-Nachricht-----\nBetreff: x\nDatum: 2025-02-03T09:15:00+0100\n"
    f"Von: {US}\nAn: mia@post.example\n",
    "Samsung": f"Von meinem/meiner Galaxy gesendet\n\n-------- Ursprüngliche Nachricht --------\n"
    f"Von: {US} \nDatum: 03.02.25  09:15  (GMT+01:00) \nAn: mia@post.example \nBetreff: x \n",
    "Gmail app": f"{US} schrieb am Mo., 3. Feb.\n2025, 09:15:\n",
    "Outlook mobile": "Outlook für iOS<https://aka.example/o0ukef> beziehen\n"
    f"________________________________\nVon: {US}\nGesendet: Montag, Februar 3, 2025 9:15:00 AM\n"
    "An: Mia Kern\nBetreff: x\n",
    "Outlook.com, badly translated": "________________________________\nVon: Agentur Kassel\n"
    "Gesendet: Montag, 3. Februar 2025 09:15\nBis: Mia Kern\nBetreff: x\n",
    "BlueMail": f"Hole dir BlueMail für Android\n\nAm 3. Feb. 2025 um 09:15, schrieb {US}:\n",
    "Yahoo": f"Am Montag, 3. Februar 2025 um 09:15:00 MEZ hat {US} Folgendes geschrieben:  \n ",
    "AOL": f"-----Ursprüngliche Mitteilung----- \nVon: {US}\nAn: mia\n"
    "Verschickt: Mo, 3. Feb. 2025 9:15\n",
    "Open-Xchange": f"{US} hat am 03.02.2025 09:15 CET geschrieben:\n",
    "IONOS": f"{US} hat am 3. Februar 2025 um 09:15\ngeschrieben:\n",
    "Xiaomi": f"Gesendet von meinem Xiaomi\nVon {US} am 3. Feb. 2025 9:15 AM geschrieben:\n",
    "GroupWise": f">>> {US} 03.02.2025 09:15 >>>",
    "Notes": "Von:        Agentur Kassel/BA\nAn:        Mia Kern\nDatum:        03.02.2025 09:15\n"
    "Betreff:        x\n_____________________________________\n",
    "Spark": f"Am 3. Feb. 2025, 09:15 +0100 schrieb {US}:\n",
    "eM Client": f'------ Originalnachricht ------\nVon "{US}"\nAn mia\n'
    "Datum 03.02.2025 09:15:00\n",
    "Outlook, Romanian": f"De la: {US}\nTrimis: luni, 3 februarie 2025 09:15\nCătre: Mia\n"
    "Subiect: x\n",
    "Outlook, Spanish": f"De: {US}\nEnviado el: lunes, 3 de febrero de 2025 9:15\nPara: M.\n"
    "Asunto: x\n",
    "Outlook, Arabic": f"من: {US}\nتم الإرسال: 03/02/2025\nإلى: Mia\nالموضوع: x\n",
    "Outlook, Russian": f"От: {US}\nОтправлено: 3 февраля 2025 г. 9:15\nКому: Mia\nТема: x\n",
    "Zendesk": "##- Bitte geben Sie Ihre Antwort über dieser Zeile ein. -##\n",
    "OTRS": "--- Bitte antworten Sie oberhalb dieser Linie ---\n",
    "Zammad": "-----------------------\nBitte schreiben Sie Ihre Antwort oberhalb dieser Zeile\n",
    "a ticket system": "-- Reply above this line --\n",
    "another one": "## Please do not write below this line ##\n",
}
HEADS_OF_MARKED = {
    "GMX app": "Am 03.02.25 um 09:15 schrieb Agentur Kassel",
    "without its colon, wrapped": f"Am Montag, 3. Februar 2025 um 09:15 Uhr schrieb\n{US}",
    "Horde": f"Zitat von {US}:\n",
    "Open-Xchange": f"{US} hat am 03.02.2025 09:15 CET geschrieben:\n",
    "Gmail, Russian": f"пн, 3 февр. 2025 г. в 09:15, {US}:\n",
    "Gmail, Romanian": "În lun., 3 feb. 2025 la 09:15, Agentur <a@ba.example> a\nscris:\n",
    "Gmail, Arabic": f"في الاثنين، 3 فبراير 2025 في 9:15 ص تمت كتابة ما يلي بواسطة {US}:\n",
}
SIGNATURES = [
    *("Von meinem iPhone gesendet", "Gesendet von meinem Samsung Galaxy Smartphone."),
    "Diese Nachricht wurde von meinem Android Mobiltelefon mit GMX Mail gesendet.",
    "Diese Nachricht wurde mit der WEB.DE iPhone App gesendet",
    *("Mit BlueMail gesendet", "Gesendet mit der mobilen Mail App", "Gesendet mit FairEmail"),
    *("Von Yahoo Mail auf Android gesendet", "Outlook für Android herunterladen"),
    *("Enviado desde mi iPhone", "Inviato da iPhone", "Wysłane z iPhone'a", "Poslano z iPhone"),
    *("iPhone'umdan gönderildi", "Отправлено с iPhone", "Надіслано з iPhone", "Envoyé de mon iPad"),
    *("Trimis de pe iPhone-ul meu", "Skickat från min iPhone", "أُرسلت من الـ iPhone"),
    "This email has been checked for viruses by Avast antivirus software.",
    *("Sendt fra min iPhone", "Sendt fra Outlook til Android", "Lähetetty iPhonesta"),
    *("Von Samsung-Tablet gesendet.", "Gesendet via WEB.DE iOS App"),
    "Get Outlook for Android<https://aka.ms.example/AAb9ysg>",
    "Yahoo Mail: Suchen, Organisieren, Erobern",
]
DISCLAIMERS = [
    "Hinweis: Diese E-Mail enthält vertrauliche und/oder rechtlich geschützte Informationen.",
    "Wichtiger Hinweis: Diese E-Mail kann vertrauliche Informationen enthalten.",
    "Informationen zur Verarbeitung Ihrer Daten finden Sie unter www.praxis.example/datenschutz.",
    "Think before you print.",
]
SENTENCES = [
    f"Mein Arzt hat am 03.02.2025 um 09:15 geschrieben:\n\n{BELOW}",
    "Anmeldung\nMit Einschreiben gesendet",
    "iPhone verkauft, Einnahme 300 Euro, bitte anrechnen.",
    "Hinweis: Diese E-Mail ist mein Widerspruch.",
    "Informationen zu meiner Kündigung:",
    "Bitte schreiben Sie mir, ob die Zeile 12 richtig ist.",
    *("Gesendet über das Portal am 01.02.2025", "Gesendet mit der Post: die AU, zwei Seiten"),
    *("Von meinem Arbeitgeber gesendet", "Sent via registered letter on 1 Feb 2025"),
    f"> Reichen Sie die AU ein.\n{NEW}",
]


@pytest.mark.parametrize("head", HEADS.values(), ids=HEADS)
def test_an_earlier_mail_begins_at_its_head(head: str) -> None:
    body = cut(f"{NEW}\n\n{head}\n{BELOW}\n")
    assert body.new.strip() == NEW
    assert BELOW in body.quoted


@pytest.mark.parametrize("head", HEADS_OF_MARKED.values(), ids=HEADS_OF_MARKED)
def test_who_wrote_what_is_marked_goes_with_it(head: str) -> None:
    body = cut(f"{NEW}\n\n{head}\n{MARKED}\n\nUnd ich ziehe um.\n")
    assert body.new.split() == f"{NEW} Und ich ziehe um.".split()


@pytest.mark.parametrize("line", SIGNATURES)
def test_what_a_phone_or_scanner_adds_is_no_word_of_the_customer(line: str) -> None:
    body = cut(f"{NEW}\n\nMia Kern\n\n{line}\n")
    assert (body.new.strip(), body.signature.strip()) == (f"{NEW}\n\nMia Kern", line)


@pytest.mark.parametrize("line", DISCLAIMERS)
def test_a_disclaimer_is_known_by_its_beginning(line: str) -> None:
    body = cut(f"{NEW}\n\nMit freundlichen Grüßen\nMia Kern\n\n{line}\n")
    assert body.disclaimer.strip() == line


@pytest.mark.parametrize("text", SENTENCES)
def test_a_customer_who_writes_alike_is_heard(text: str) -> None:
    own = "\n".join(line for line in text.split("\n") if not line.startswith(">"))
    assert cut(text).new.strip() == own


def test_a_mail_of_a_ticket_system_itself_is_read() -> None:
    assert NEW in cut(f"##- Please type your reply above this line -##\n\n{NEW}\n").new


# Senders


@pytest.mark.parametrize(
    ("field", "name"),
    [
        ("=?utf-8?Q?J=C3=B6rg_Kern_=3Cj=40post.example=3E?=", "Jörg Kern"),
        ("=?utf-8?B?SsO2cmcgS2VybiA8akBwb3N0LmV4YW1wbGU+?=", "Jörg Kern"),
        ("Kern, Jörg <j@post.example>", "Kern, Jörg"),
        ("Kern, Jörg M. <j@post.example>;", "Kern, Jörg M."),
        ('"=?iso-8859-1?Q?Kern=2C_J=F6rg?=" <j@post.example>', "Kern, Jörg"),
        ("Kern, j@post.example", "Kern"),
    ],
)
def test_a_sender_is_found_however_the_field_is_written(field: str, name: str) -> None:
    assert mailboxes(field.encode()) == (Mailbox("j@post.example", name),)


def test_an_address_in_an_encoded_name_is_none_beside_a_real_one() -> None:
    field = b"=?utf-8?Q?chef=40amt=2Eexample?= <j@post.example>, Kern, <k@post.example>"
    assert [box.address for box in mailboxes(field)] == ["j@post.example", "k@post.example"]


def test_a_bracket_behind_an_address_is_no_part_of_it() -> None:
    assert mailboxes(b"[j@post.example]")[0].address == "j@post.example"
    assert mailboxes(b"<j@[192.0.2.1]>")[0].address == "j@[192.0.2.1]"


# What HTML hides


@pytest.mark.parametrize(
    "style",
    ["display:none", "DISPLAY: none !important;max-height:0", "visibility:hidden", "opacity:0"],
)
def test_what_no_reader_of_the_html_sees_is_not_read(style: str) -> None:
    page = f'<body><div style="{style}">Vorschau <div>innen</div> x</div><p>{NEW}</p></body>'
    assert html.to_text(page).strip() == NEW


@pytest.mark.parametrize(
    "page",
    [
        f'<body><div style="display:none"><p>{NEW}</p></div></body>',
        f'<body style="display:none"><p>{NEW}</p></body>',
        f'<table><tr><td style="font-size:0"><p style="font-size:14px">{NEW}</p></td></tr></table>',
        f'<div style="mso-hide:all">{NEW}</div>',
        f'<div style="overflow:hidden;opacity:0.9;border:none">{NEW}</div>',
        f'<p>{NEW}<br style="display:none">',
        f'<div style="display:none">{NEW}',
    ],
    ids=["all is", "body", "frame", "Outlook alone", "no hiding", "no end", "never closed"],
)
def test_what_may_be_the_message_is_read_though_it_is_styled_so(page: str) -> None:
    assert NEW in html.to_text(page)


def test_hidden_elements_without_end_take_no_time() -> None:
    assert html.to_text('<div style="display:none">' * 4_000 + NEW)
    assert html.to_text('<div style="display:none">a</div>' * 50_000 + NEW).strip() == NEW


# Forwarded without a word, and encodings that the head lost


FORWARD = (
    "Von meinem iPhone gesendet\n\nAnfang der weitergeleiteten Nachricht:\n\n"
    "> Von: Praxis <praxis@arzt.example>\n> Datum: 3. Februar 2025 um 09:15:00 MEZ\n"
    "> An: mia@post.example\n> Betreff: AU\n> \n> {text}\n>> Wann kommt die AU?\n"
)


def test_what_an_iphone_forwards_without_a_word_is_the_message() -> None:
    body = cut(FORWARD.format(text=NEW))
    assert body.new.strip("> \n") == NEW
    assert "Betreff: AU" in body.quoted
    assert "Wann kommt" in body.quoted


def test_what_a_mac_forwards_without_a_word_is_the_message() -> None:
    forward = FORWARD.format(text=NEW).replace("\n\nAnfang", "\n\n> Anfang")
    assert cut(forward).new.strip("> \n") == NEW
    assert cut(forward.replace("Von meinem iPhone gesendet", "Ich bin krank.")).new.split() == [
        *("Ich", "bin", "krank.")
    ]


def test_what_is_forwarded_with_a_word_stays_an_earlier_mail() -> None:
    body = cut(f"Bitte anerkennen, ich bin ab morgen krank.\n\n{FORWARD.format(text=NEW)}")
    assert NEW in body.quoted


HEAD = b"From: mia@post.example\r\nSubject: AU\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (base64.encodebytes(f"{NEW} Grüße".encode()), f"{NEW} Grüße"),
        (b"M=C3=A4rz, Gr=C3=BC=C3=9Fe,=\r\n Kd-Nr=3D12, Zeit=20\r\nEnde", None),
        (b"IBAN=DE12 und Nr=123A456789, Stra=DFe", "IBAN=DE12 und Nr=123A456789, Stra=DFe"),
        (b"Donaudampfschifffahrtsgesellschaftska", "Donaudampfschifffahrtsgesellschaftska"),
        (b"Arbeitsunfaehigkeitsmeldung1", "Arbeitsunfaehigkeitsmeldung1"),
        (b"=FF=FE=00 nichts", "=FF=FE=00 nichts"),
    ],
    ids=["base64", "quoted-printable", "numbers", "a word", "another word", "no letters"],
)
def test_a_text_whose_encoding_the_head_lost_is_read(data: bytes, text: str | None) -> None:
    assert parse(HEAD + data).body.new.strip() == (text or "März, Grüße, Kd-Nr=12, Zeit\nEnde")
