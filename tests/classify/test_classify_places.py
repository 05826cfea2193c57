"""Addresses as people write them: whose they are, and what bears them out."""

import pytest

from classify.facts import address_block, whereabouts
from classify.facts.whereabouts import Whereabouts
from rules.mail import BodyParts
from rules.verdict import Home

OF_KASSEL = "435A118204"
OF_HAGEN = "347A118204"
ANYBODYS = "000A118204"


def _found(directory, text: str, kundennummer: str | None = None, signature: str = ""):
    body = BodyParts(text, signature=signature)
    return whereabouts.find(
        body, directory, mailbox="Eingang@arbeitsagentur.de", kundennummer=kundennummer
    )


@pytest.mark.parametrize(
    ("text", "plz", "place"),
    [
        ("Jana Roth\nHolländische Str. 12\n34127 Kassel", "34127", "Kassel"),
        ("Jana Roth | Holländische Str. 12 | 34127 Kassel", "34127", "Kassel"),
        ("Jana Roth, Holländische Str. 12,34127 Kassel", "34127", "Kassel"),
        ("Jana Roth · Holländische Str. 12 · D-34127 Kassel", "34127", "Kassel"),
        ("Holländische Str. 12 / 34127 Kassel", "34127", "Kassel"),
        ("Holländische Str. 12/34127 Kassel", "34127", "Kassel"),
        ("Anschrift: DE-34127 Kassel", "34127", "Kassel"),
        ("Ich wohne in Kassel (34127).", "34127", "Kassel"),
        ("Wohnort: Kassel - 34127", "34127", "Kassel"),
        ("PLZ/Ort: 34127 | Kassel", "34127", "Kassel"),
        ("Jana Roth, Bad Hersfeld, 36251", "36251", "Bad Hersfeld"),
        ("ich wohne in 34127 kassel, danke", "34127", "Kassel"),
        ("c/o Familie Nowak\nWeserstr. 3\n34125 Kassel", "34125", "Kassel"),
        ("Wohnhaft in 34117 Kassel, Königsplatz 1.", "34117", "Kassel"),
        ("Post bitte an: PF 1204, 24101 Kiel", None, "Kiel"),
        ("Adresse: Hauptstr. 4, 96450 Coburg, Deutschland", "96450", "Coburg"),
    ],
)
def test_an_address_is_read_however_it_is_set(directory, text: str, plz, place) -> None:
    assert _found(directory, text) == Whereabouts(plz, place)


@pytest.mark.parametrize(
    "text",
    [
        "Agentur für Arbeit Kassel\nLewinskistr. 6\n34127 Kassel\n\nGuten Tag, ich bin krank.",
        "An die\nAgentur für Arbeit\nLewinskistr. 6\n34127 Kassel\n\nGuten Tag, ich bin krank.",
        "Jobcenter Stadt Kassel\nLewinskistr. 4\n34127 Kassel\n\nGuten Tag.",
        "Mein neuer Arbeitgeber:\nKrause GmbH\nHafenstr. 3\n58089 Hagen\n\nViele Grüße\nJana Roth",
        "Ab Montag arbeite ich bei der Krause GmbH, Hafenstr. 3, 58089 Hagen.\nGruß\nJana Roth",
        "Krank seit heute.\nArzt: Dr. Weber, Hauptstr. 4, 34117 Kassel\nGruß\nJana Roth",
        "Ab 1.5. wohne ich Rue du Lac 4, 67000 Strasbourg, Frankreich.",
        "Rückruf bitte unter 06721 555 0190.",
        "Rückruf: 04931/555019",
        "Formular-ID 88213 / Seite 1 von 1",
        "Eine Kollegin zieht nach Ulm.",
        "Der Bescheid kam von einer Frau aus Meppen.",
        "Die Zusage aus Kassel ist da.",
        "Ich will zum Mai nach Erfurt ziehen.",
        "Der Dachdecker aus Leer hat angerufen.",
        "Mein Arzt ist Dr. Kassel.",
        "HRB 34117, Amtsgericht",
    ],
)
def test_what_is_no_address_of_the_sender_is_none(directory, text: str) -> None:
    assert _found(directory, text) == Whereabouts()


@pytest.mark.parametrize(
    ("text", "plz", "place"),
    [
        ("Alte Anschrift:\nWeg 1\n34127 Kassel\n\nNeue Anschrift:\nAm Ring 2\n58089 Hagen",
         "58089", "Hagen"),
        ("Neue Anschrift:\nAm Ring 2\n58089 Hagen\n\nAlte Anschrift:\nWeg 1\n34127 Kassel",
         "58089", "Hagen"),
        ("Neue Adresse: Am Ring 2, 58089 Hagen\nBisherige Adresse: Weg 1, 34127 Kassel",
         "58089", "Hagen"),
        ("Bisher: Weg 1, 34127 Kassel. Jetzt: Am Ring 2, 58089 Hagen.", "58089", "Hagen"),
        ("von Weg 1, 34127 Kassel nach Am Ring 2, 58089 Hagen", "58089", "Hagen"),
    ],
)  # fmt: skip
def test_of_two_addresses_the_new_one_is_read(directory, text: str, plz, place) -> None:
    assert _found(directory, text) == Whereabouts(plz, place)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("Danke.\nMiriam Strobl (Passau)", "Passau"),
        ("Danke. Gerhard Bosse, Lörrach, vorher Freiburg, Kundennr 617Z550931", "Lörrach"),
        ("Danke. Eva Laub, geb. am 30. Mai 1968, Weiden in der Oberpfalz. Kundennr. 751T118046",
         "Weiden in der Oberpfalz"),
        ("nichts mit fisch. matze behrens, cuxhaven", "Cuxhaven"),
        ("Danke für die Mühe\nSiegfried Lamprecht, Lutherstadt Wittenberg", "Wittenberg"),
        ("Bis Montag :) Gruß Anneke Wübbena, Köchin, Leer", "Leer"),
        ("War das richtig? – Rolf Mohrmann, Visselhövede, 267R018834", "Visselhövede"),
        ("Ich arbeite bei Bierbaum in Borken, wohne auch da.", "Borken"),
        ("Die Schule in Oldenburg (wo ich auch wohne) nimmt mich.", "Oldenburg"),
        ("Kündigung vom Hotel in Oberstaufen, wo ich auch wohne.", "Oberstaufen"),
        ("ich wohn in bremerhaven. danke", "Bremerhaven"),
        ("Gemeldet bleibe ich in Witten.", "Witten"),
        ("Die Stelle ist in Hagen. Meinen Wohnsitz in Witten behalte ich.", "Witten"),
        ("Ich bin wieder daheim bei meinen Eltern in Lindau.", "Lindau"),
        ("Wir wohnen seit 1.10. in Bensheim.", "Bensheim"),
        ("Post kommt vorerst weiter nach Jena.", "Jena"),
        ("Praxis Dr. Nürnberger, Fürth. Wohnhaft: Erlangen.", "Erlangen"),
        ("Nimmt mich eine Kanzlei? Hier in Norden kenne ich niemanden.", "Norden"),
        ("Ein gutes Neues aus Jever", "Jever"),
        ("Herzlichst, Ihre Gudrun Apitzsch aus Zeitz", "Zeitz"),
        ("Ich komme mit dem Bus aus Templin.", "Templin"),
    ],
)  # fmt: skip
def test_a_place_is_read_where_a_sentence_or_a_name_gives_it(directory, text: str, place) -> None:
    found = _found(directory, text)
    assert (found.plz, found.place) == (None, place)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (f"Anbei der Lohnzettel. Rita Henkel Kassel {OF_KASSEL}", "Kassel"),
        ("heute krank. akif bulut baunatal kundennr: 435 a 11 82 04", "Baunatal"),
        (f"Bin krank.\nHeinz Kolbe Kassel\nKd.Nr {OF_KASSEL}", "Kassel"),
        (f"Kundennr. {OF_KASSEL} Krank bis morgen. Kassel, Gabor Nemeth", "Kassel"),
        (f"krank :) leon axmann baunatal {OF_KASSEL}", "Baunatal"),
        (f"krank. sina wolter baunatal (arbeite in hamburg) kundennr: {OF_KASSEL}", "Baunatal"),
        (f"Anbei der Lohnzettel. Rita Henkel Bielefeld {OF_KASSEL}", None),
        (f"Anbei der Lohnzettel. Rita Henkel Kassel {ANYBODYS}", None),
        (f"Anbei der Lohnzettel. Rita Kassel {OF_KASSEL}", None),
        (f"Anbei der Lohnzettel. Rita Henkel vorher Kassel {OF_KASSEL}", None),
        (f"An die AA Kassel\nIch warte auf den Bescheid. Doreen Lenz, {OF_KASSEL}", None),
        (f"Arbeitgeber: Reinigung Klein Kassel\n{OF_KASSEL}", None),
    ],
)
def test_beside_a_name_two_hints_must_agree(directory, text: str, place) -> None:
    found = _found(directory, text, "435A118204" if "435" in text else ANYBODYS)
    assert found.place == place


LETTER = "Anbei die Bescheinigung für unseren Mitarbeiter.\n\nMit freundlichen Grüßen\nS. Hoppe\n\n"


@pytest.mark.parametrize(
    ("imprint", "number", "home"),
    [
        ("Malerbetrieb Hoppe GmbH | Hafenstr. 3 | 58089 Hagen", OF_HAGEN, None),
        ("Malerbetrieb Hoppe GmbH | Hafenstr. 3 | 58089 Hagen", OF_KASSEL, Home()),
        ("Malerbetrieb Hoppe GmbH | Hafenstr. 3 | 58089 Hagen", None, None),
        ("Praxis Dr. Feldmann\nHafenstr. 3\n58089 Hagen", OF_KASSEL, Home()),
        ("Betreuungsbüro Harnisch, Hafenstr. 3, 58089 Hagen", ANYBODYS, Home()),
        ("Sven Hoppe\nHafenstr. 3\n58089 Hagen", OF_KASSEL, None),
    ],
)
def test_an_offices_address_tells_not_where_the_customer_lives(
    directory, imprint: str, number: str | None, home: Home | None
) -> None:
    assert _found(directory, LETTER + imprint, number) == Whereabouts("58089", "Hagen", home)
    apart = _found(directory, LETTER, number, signature=imprint)
    assert apart == Whereabouts("58089", "Hagen", home)


@pytest.mark.parametrize(
    ("text", "home"),
    [
        ("namens unseres Mandanten Herrn Josef Lechner, wohnhaft 80638 München, legen wir",
         Home("80638", "München")),
        ("ich bin Betreuerin von Herrn Uwe Sandmann (geb. 12.06.1968, wohnhaft in Vechta).",
         Home(None, "Vechta")),
        ("ich schreibe für unseren Mandanten Josef Lechner, wohnend: 80638 München.",
         Home("80638", "München")),
        ("mein Bruder Anton Baumgart (Haßfurt, 747Y229054) hatte einen Unfall.",
         Home(None, "Haßfurt")),
        ("meine Mutter Inge Baumgart (747Y229054, Haßfurt) ist krank.", Home(None, "Haßfurt")),
        ("Frau Gerda Ohm lebt seit Mai in Vechta und dankt.", Home(None, "Vechta")),
        ("Herr Lechner wohnt im Pflegeheim in Haßfurt.", Home(None, "Haßfurt")),
        ("meine Freundin wohnt in Haßfurt, ich ziehe zu ihr.", None),
        ("Ich, wohnhaft in Kassel, bin seit heute krank.", None),
        ("Mein Mann ist krank. Ich bin wohnhaft in Kassel.", None),
        ("Termin bei Ihnen (Kassel, 10 Uhr) passt.", None),
    ],
)  # fmt: skip
def test_of_whom_somebody_else_writes_the_residence_is_told(directory, text: str, home) -> None:
    assert _found(directory, f"Guten Tag, {text}").home == home


def test_addresses_on_one_long_line_are_read_by_what_stands_near_them(
    directory, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[int] = []
    fold = address_block.fold
    monkeypatch.setattr(address_block, "fold", lambda text: read.append(len(text)) or fold(text))
    rows = 400
    _found(directory, "Firma Schmidt, Musterweg 1, 34117 Kassel; " * rows)
    assert sum(read) < rows * 1_500
