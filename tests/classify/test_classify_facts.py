import pytest
from hypothesis import given
from hypothesis import strategies as st

from classify import reading
from classify.facts import attached, facts, numbers, whereabouts
from classify.facts.facts import IBAN_DEFECT, KUNDENNUMMER_DEFECT, kundennummern_of, read_facts
from classify.facts.whereabouts import Whereabouts
from classify.reading import Reading
from classify.text import fold
from rules.mail import Attachment, BodyParts
from rules.verdict import Facts

GOOD_IBAN = "DE93700202703431132713"


def _facts(read: Reading) -> Facts:
    """The facts of a mail but for days and places."""
    number = kundennummern_of(read)
    return read_facts(read, dates={}, where=Whereabouts(), told=number)


@pytest.mark.parametrize(
    "text",
    [
        "123A456789",
        "Kd.-Nr. 123 A 456 789",
        "kundennr 123a456789",
        "123A 456 789",
        "Nr.:123.A.456789",
        "KundenNr123A456789",
        "Kundennummer123A456789",
        "Kd-Nr. 123A\n456789",
        "Kundennr 123 A 45\n67 89",
    ],
)
def test_the_kundennummer_is_read_with_blanks_and_small_letters(text: str) -> None:
    assert numbers.find_kundennummer(text) == "123A456789"


@pytest.mark.parametrize(
    "text",
    ["1123A456789", "123A4567890", "Az. 773/24", "12A456789", "X123A456789", "123A\n\n456789"],
)
def test_other_numbers_are_no_kundennummer(text: str) -> None:
    assert numbers.find_kundennummer(text) is None


@given(blanks=st.lists(st.sampled_from(["", " ", "\n", "\u00a0", "  "]), min_size=21, max_size=21))
def test_blanks_and_line_breaks_inside_an_iban_change_nothing(blanks: list[str]) -> None:
    written = "".join(a + b for a, b in zip(GOOD_IBAN, [*blanks, ""], strict=True))
    if written.startswith("DE"):
        assert numbers.find_iban(f"Neue IBAN: {written}, bitte").value == GOOD_IBAN


def test_a_foreign_iban_is_read() -> None:
    assert numbers.find_iban("Konto NL91 ABNA 0417 1643 00.").value == "NL91ABNA0417164300"


@pytest.mark.parametrize("text", ["DE12 7002 0270 3431 1327 13", "DE93 7002 0270 3431 1327 1"])
def test_a_broken_iban_is_a_defect_not_a_number(read, text: str) -> None:
    facts = _facts(read(f"Meine IBAN: {text}"))
    assert facts.iban is None
    assert facts.defects == (IBAN_DEFECT,)


@pytest.mark.parametrize(
    ("text", "defects"),
    [
        ("Kundennummer 77C41902, Konstantin", (KUNDENNUMMER_DEFECT,)),
        ("Meine Kunden-Nr: 644 K 702 19", (KUNDENNUMMER_DEFECT,)),
        ("Kd.-Nr. 043-112A77", (KUNDENNUMMER_DEFECT,)),
        ("Kundennummer 123A456789", ()),
        ("Kundennummer fehlt, Tel. 0561 1234567", ()),
        ("Kundennummer: -\nGeburtsdatum 12.06.1971", ()),
    ],
)
def test_a_kundennummer_without_its_shape_is_a_defect_not_a_number(
    read, text: str, defects: tuple[str, ...]
) -> None:
    facts = _facts(read(text))
    assert (facts.kundennummer is None) == ("123A" not in text)
    assert facts.defects == defects


def test_the_iban_of_a_company_footer_is_not_the_customers(read) -> None:
    text = f"Formular anbei.\nVorstand: Dr. I. Morlock · HRB 999555 · Beitragskonto {GOOD_IBAN}"
    facts = _facts(read(text))
    assert facts.iban is None
    assert facts.defects == ()


@pytest.mark.parametrize(
    "text",
    [
        f"Danke.\n\nKrause GmbH & Co. KG\nAm Hafen 3\nVolksbank {GOOD_IBAN}",
        f"Wir bitten um den Vordruck.\nKrause GmbH\n{GOOD_IBAN}",
        f"Bitte um den Vordruck.\nKrause GmbH\nBetriebsnr. 34750916\nVolksbank {GOOD_IBAN}",
        f"Anbei der Antrag.\n\nSparkasse {GOOD_IBAN}\nGeschäftsführer Otto Krause, HRB 5512",
        f"Anbei der Antrag.\n\nPetra Maurer\nKita e. V.\nSpenden willkommen: {GOOD_IBAN}",
        f"Den Betrag habe ich auf Ihr Konto {GOOD_IBAN} überwiesen.",
        f"Der Vertrag folgt.\nHotel Seeblick\nUferweg 1 | 18609 Binz\nIBAN {GOOD_IBAN}",
        f"Beigefügt der Nachweis.\nSpedition Wehr e. K.\n40549 Düsseldorf\nBank: {GOOD_IBAN}",
        f"Bitte um Sachstand.\nHausverwaltung Spree, 10997 Berlin\nMietkonto {GOOD_IBAN}",
        f"Lohn kommt.\nTino Hennig\nSteinhauer Bauunternehmung | IBAN {GOOD_IBAN}",
    ],
)
def test_an_account_in_an_imprint_or_of_the_ba_is_not_the_customers(read, text: str) -> None:
    facts = _facts(read(text))
    assert (facts.iban, facts.defects) == (None, ())


@pytest.mark.parametrize(
    "text",
    [
        f"Die Krause GmbH hat mir gekündigt. Neues Konto: {GOOD_IBAN}",
        f"Neue IBAN {GOOD_IBAN}. Arbeitgeber war die Krause GmbH.",
        f"Zahlen Sie die Miete direkt an Wohnbau GmbH, {GOOD_IBAN}, Verwendungszweck Miete",
        f"Ab sofort bitte auf unser Anderkonto {GOOD_IBAN}.",
        f"sitze im zug, konto neu: {GOOD_IBAN}",
        "Konto: " + "D E " + " ".join(GOOD_IBAN[2:]),
        f"Mein Vater gibt mir ihr Konto, überweist bitte auf ihr Konto {GOOD_IBAN}",
    ],
)
def test_an_account_for_the_money_is_read_beside_a_company(read, text: str) -> None:
    assert _facts(read(text)).iban == GOOD_IBAN


@pytest.mark.parametrize(
    "text",
    [
        f"ALT: DE60 9050 0105 1700 4455 66\nNEU: {GOOD_IBAN}",
        f"statt DE60 9050 0105 1700 4455 66 künftig {GOOD_IBAN}",
        f"Statt DE37 7112 7623 0487 3792 24 bitte {GOOD_IBAN}",
    ],
)
def test_of_an_old_and_a_new_iban_the_new_one_is_read(text: str) -> None:
    assert numbers.find_iban(text).value == GOOD_IBAN


LEFT = "DE60 9050 0105 1700 4455 66"


@pytest.mark.parametrize(
    "text",
    [
        f"Bitte nicht mehr auf {LEFT} überweisen, sondern auf {GOOD_IBAN}.",
        f"Meine Bankverbindung ändert sich von {LEFT} auf {GOOD_IBAN}.",
        f"Mein Konto {LEFT} wurde gekündigt. Das neue: {GOOD_IBAN}",
        f"{LEFT} gilt nicht mehr, {GOOD_IBAN} ab sofort",
        f"Mein neues Konto ist {GOOD_IBAN}, das alte wurde gekündigt ({LEFT}).",
        f"{GOOD_IBAN}, bitte nicht mehr auf {LEFT}",
        f"Geld von der Kasse auf {GOOD_IBAN}, nicht auf {LEFT}",
    ],
)
def test_an_account_that_is_said_to_be_left_is_not_the_new_one(read, text: str) -> None:
    assert _facts(read(text)).iban == GOOD_IBAN


def test_an_account_that_is_left_for_none_is_read(read) -> None:
    assert _facts(read(f"Mein Konto {GOOD_IBAN} wurde gekündigt.")).iban == GOOD_IBAN


@pytest.mark.parametrize(("subject", "iban"), [(GOOD_IBAN, GOOD_IBAN), (f"AW: {GOOD_IBAN}", None)])
def test_an_iban_may_stand_in_the_subject_only(read, subject: str, iban: str | None) -> None:
    assert _facts(read("Im Betreff meine neue IBAN.", subject=subject)).iban == iban


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("Rafael Nunes\n634 D 207 - 445", "634D207445"),
        ("kdnr 072d119 / 340", "072D119340"),
        ("Bildungsgutschein Nr. 118A 2026/44", None),
        ("Bildungsgutschein 118A 2026/44, Kd.-Nr. 634D207445", "634D207445"),
        ("Ihre Kundennummer 227S441988 haben wir gespeichert. Stromkontor", None),
    ],
)
def test_a_kundennummer_in_groups_is_read_and_one_that_only_looks_like_it_not(
    read, text: str, number: str | None
) -> None:
    facts = _facts(read(text))
    assert (facts.kundennummer, facts.defects) == (number, ())


def test_the_kundennummer_may_stand_in_quoted_mail(mail) -> None:
    answered = mail("Danke.")
    object.__setattr__(answered, "body", BodyParts("Danke.", quoted="> Nr. 123A456789"))
    facts = _facts(reading.of(answered))
    assert facts.kundennummer == "123A456789"


def test_an_iban_in_quoted_mail_is_no_news(mail) -> None:
    quoting = mail("Danke.")
    object.__setattr__(quoting, "body", BodyParts("Danke.", quoted=f"> IBAN {GOOD_IBAN}"))
    assert _facts(reading.of(quoting)).iban is None


@pytest.mark.parametrize(
    ("text", "phone"),
    [
        ("Tel. 0561 1234567", "05611234567"),
        ("Handy: +49 (0)171 2345678", "+491712345678"),
        ("Fax: 0561 1234567", None),
        ("Hotline 0800 4 5555 00", None),
        ("am 03.04.2025 um 10:30", None),
        ("Neues Konto DE37 7112 7623 0487 3792 24", None),
        ("DE37 7112 7623 0487 3792 24, Tel. 0561 1234567", "05611234567"),
        ("Revolut LT53 3250 0694 8312 7755", None),
    ],
)
def test_the_telephone_number_is_the_senders_own(text: str, phone: str | None) -> None:
    assert numbers.find_phone(text) == phone


@pytest.mark.parametrize(
    ("text", "plz", "place"),
    [
        ("Neue Adresse: Kirchgasse 3, 79312 Emmendingen", "79312", "Emmendingen"),
        ("bin umgezogen von 79104 Freiburg nach: Kirchgasse 3, 79312 Emmendingen",
         "79312", "Emmendingen"),
        ("wohne jetzt in Laatzen", None, "Laatzen"),
        ("Agentur für Arbeit, Lewinskistr. 6, 34127 Kassel", None, None),
        ("Ich schulde Ihnen 12345 Euro", None, None),
        ("Rechnung 88213 ist bezahlt", None, None),
        ("Bitte um Rückruf.\nMfG\nJens Allermann, Celle", None, "Celle"),
        ("Ich meld mich.\nGruß\nMarita Kohl, Köln-Nippes", None, "Köln"),
        ("Adresse: Bahnhofstr. 2, 15230 Frankfurt (Oder).", "15230", "Frankfurt (Oder)"),
        ("Ich wohne jetzt in 76829 Landau in der Pfalz.", "76829", "Landau in der Pfalz"),
        ("Schein von der Praxis Hahnemann. Grüße aus Bamberg", None, "Bamberg"),
        ("Hier in Bautzen gibt es keine Stellen.", None, "Bautzen"),
        ("Ich wohne aber Kehl, also Grenzgänger.", None, "Kehl"),
        ("Danke.\nHeinz Vesper\nVolkmarsen", None, "Volkmarsen"),
        ("Das Geld fehlt. Uwe Hillebrecht, Salzgitter", None, "Salzgitter"),
        ("Gruß\nEvelin Brandes\nHameln, 229C604875", None, "Hameln"),
        ("Bin wieder in Hagen.", None, "Hagen"),
        ("Ich fahre vom 4. bis 15. August nach Kiel.", None, None),
        ("Meine Tochter ist nach Leipzig gezogen.", None, None),
        ("Wir sind nach Leipzig gezogen.", None, "Leipzig"),
        ("Das meinten Sie, oder?", None, None),
        ("Bitte um Rückruf.\nMit freundlichen Grüßen\nLage", None, None),
        ("PLZ: 25335\nOrt: Elmshorn", "25335", "Elmshorn"),
        ("Viele Grüße\nGisela Pohlheim, 35305 Grünberg", "35305", "Grünberg"),
        ("Ich weiß Bescheid. glückauf, Werner Pawlitzki, Gladbeck", None, "Gladbeck"),
        ("rufen Sie an unter 03671 55 20 91. Heinz Güldner, Saalfeld", None, "Saalfeld"),
        ("Danke, Cedric Mbarga, Mannheim, KD-NR. 391A802574", None, "Mannheim"),
        ("Bartosz Nowicki\nMeine Kundennummer: 677H068674", None, None),
        ("Mit bestem Gruß aus Bad Hersfeld\nOtmar Krug", None, "Bad Hersfeld"),
        ("Jrooß us Köln, Pitter", None, "Köln"),
        ("Ich wohne in Schwerin-Lankow und komme mit der Bahn.", None, "Schwerin"),
        ("Gibt es Stellen aus Baden-Württemberg?", None, None),
        ("Neue Anschrift: Gartenstraße 9, Bitterfeld", None, "Bitterfeld"),
        ("Post nur an: Postfach 1147, 01911 Kamenz.", None, "Kamenz"),
        ("BKK Nordwald, Postfach 90 90, 29199 Celle", None, None),
        ("Viele Grüße", None, None),
        ("• neu: Am Geestrand 17, 27624 Geestland\n• alt: Heerstraße 1, 28239 Bremen",
         "27624", "Geestland"),
        ("Post an 06712 Zeitz. In der Wohnung lag sie nicht.", "06712", "Zeitz"),
        ("Die Bestätigung aus ELSTER hängt dran.", None, None),
        ("Seit Montag bin ich aus Kiel zurück.", None, None),
        ("Ich überlege, im Herbst nach Leipzig zu ziehen.", None, None),
        ("Danke.\nBehandelnde Praxis: Dr. Wehrhahn, Anklam", None, None),
        ("Mit freundlichen Grüßen aus Schwäbisch Gmünd", None, "Schwäbisch Gmünd"),
        ("Ich arbeite in Neuwied, wo ich auch wohne.", None, "Neuwied"),
        ("Bei uns in Lübben schließt das Werk.", None, "Lübben"),
        ("I am a welder, living in Bremen, and need work.", None, "Bremen"),
        ("Adresse Berliner Straße 88 Bitterfeld", None, "Bitterfeld"),
        ("Bin krank. Kathrin Amthor, Gotha. Knd.-Nr. 093H441709", None, "Gotha"),
        ("Bin krank. Simone Groß, Günzburg, Kd 819B 11-2076", None, "Günzburg"),
        ("Bin krank. Uwe Hansmann, Alzenau. Kundennummer 7l5C204436", None, "Alzenau"),
        ("Bin krank. Ingo Petz in Tirschenreuth, Kundennr 751-E-300-928", None, "Tirschenreuth"),
        ("Bin krank. Rosemarie Achatz, 623E136125, Haidmühle", None, "Haidmühle"),
        ("Danke. Tobias Ernst, Mühlhausen/Thüringen, Kundennummer 097D204418", None, "Mühlhausen"),
        ("Danke. Sven Adler, Burg (bei Magdeburg), 045L220194", None, "Burg"),
        ("Nr. 22 140780 S 067. Johanna von Stetten, Cham", None, "Cham"),
        ("Wohnsitz bleibt Kempen.", None, "Kempen"),
        ("Ich suche etwas in der Nähe von Bünde, wo ich wohne.", None, "Bünde"),
        ("Dort war ich. Firma Bau Siebert in Stendal. 264 C 115 048 Hassan Rahimi", None, None),
        ("Grüße\nMeine Kundennummer ist 677H068674", None, None),
    ],
)  # fmt: skip
def test_the_place_is_the_senders_own(
    directory, text: str, plz: str | None, place: str | None
) -> None:
    found = whereabouts.find(BodyParts(text), directory, mailbox="Kassel@arbeitsagentur.de")
    assert found == Whereabouts(plz, place)


@pytest.mark.parametrize(
    ("text", "announced"),
    [
        ("Anbei die Bescheinigung.", True),
        ("Die AU hängt an.", True),
        ("Unterlagen im Anhang, danke", True),
        ("Die Bescheinigung schickt der Arzt elektronisch.", False),
        ("Die Anlage schicke ich per Post.", False),
        ("Ich bin krank.", False),
    ],
)
def test_an_attachment_is_announced_only_if_it_should_be_in_this_mail(
    read, text: str, announced: bool
) -> None:
    assert attached.is_announced(read(text)) is announced


def test_small_inline_logos_and_signatures_are_no_attachments(mail) -> None:
    logo = Attachment("image001.png", "image/png", 4_000, "1.3", inline=True)
    signature = Attachment("smime.p7s", "application/pkcs7-signature", 5_000, "1.4")
    plain = mail("x", attachments=("AU.pdf",))
    object.__setattr__(plain, "attachments", (*plain.attachments, logo, signature))
    assert [part.name for part in attached.real_attachments(plain)] == ["AU.pdf"]


ACCOUNTS = [
    *(GOOD_IBAN, "DE", "DE93 7002", "7034 3113 2713", "0270", "GB82 WEST 1234 5698 7654 32", "x"),
    *("Spendenkonto ", "Praxis ", "GmbH", "mein Konto", "Danke.", " Wir ", "IBAN:", "\n", "\n\n"),
]


@given(st.lists(st.sampled_from(ACCOUNTS), max_size=12).map("".join))
def test_whose_account_it_is_need_only_be_asked_where_an_iban_stands(text: str) -> None:
    parts = facts._NEXT_SENTENCE.split(text)
    plain = numbers.find_iban("\n".join([p for p in parts if not facts._is_of_others(fold(p))]))
    found = numbers.find_iban(facts._without_accounts_of_others(text))
    assert (found.value, found.shape_seen) == (plain.value, plain.shape_seen)
