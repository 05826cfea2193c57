"""What announces an attachment, and what only sounds so."""

import pytest

from classify import attached


@pytest.mark.parametrize(
    "text",
    [
        "Vollmacht liegt an.",
        "Die AU liegt bei.",
        "Schein liegt bei, Gruß",
        "Anliegend die Abrechnung.",
        "Beiliegend der Antrag.",
        "Wir übersenden anliegend die Liste.",
        "Die App stürzt ab (siehe Screenshot).",
        "siehe Foto",
        "s. Anhang",
        "Scan siehe Anlage.",
        "Beigefügt findet ihr den Vertrag.",
        "Die Kündigung hab ich angehängt.",
        "Den Vertrag habe ich als PDF beigelegt.",
        "Die Geburtsurkunde füge ich bei.",
        "Den Bescheid lege ich bei.",
        "Den Kontoauszug habe ich eingescannt und hänge ihn an.",
        "Bescheid sende ich mit.",
        "Schein ist dran.",
        "Das Blatt hängt dran.",
        "Beide Bescheinigungen dabei.",
        "Hiermit erhalten Sie meinen Antrag nebst Kündigung.",
        "Hier der Lehrvertrag meines Sohnes.",
        "Urkunde in der Anlage.",
        "Krank bis März (Anlage).",
        "Namens meiner Mandantin übersende ich den Rentenbescheid.",
        "Hochladen ging nicht, deshalb schicke ich ihn im Anhang.",
        "Please find the contract attached.",
    ],
)
def test_an_attachment_is_announced(read, text: str) -> None:
    assert attached.is_announced(read(text))


@pytest.mark.parametrize(
    "text",
    [
        "Das liegt an meinem Chef.",
        "Das Handy liegt bei mir in der Tasche.",
        "Die Bescheinigung liegt bei der Krankenkasse.",
        "Ich hänge an der Küste.",
        "Es hängt alles an mir.",
        "Die Ärztin hängt noch eine Woche dran.",
        "Ihre Anlage kann ich nicht öffnen.",
        "Ihrem Schreiben war das Formular beigefügt.",
        "Die Einwilligung ist dem Schreiben vom 2. Juni beigefügt gewesen.",
        "Dem Brief lag kein Vordruck bei.",
        "Es liegt auch nichts an.",
        "Können Sie mir das Formular als PDF schicken?",
        "Bitte den Vordruck als Datei.",
        "Schicken Sie mir bitte die Formulare mit.",
        "Soll ich die Kündigung anhängen?",
        "Anlagen: keine",
        "Anhang: -",
        "Der Streit ist beigelegt.",
        "Ich bin Anlagenmechaniker.",
        "Die Kopie lege ich bei, sobald der Scanner geht.",
        "Die Unterlagen kommen per Post, der Schein liegt im Portal.",
        "Beim Gespräch ist mein Mann dabei.",
    ],
)
def test_what_only_sounds_like_an_attachment_announces_none(read, text: str) -> None:
    assert not attached.is_announced(read(text))


@pytest.mark.parametrize(
    ("subject", "announced"),
    [
        ("AU im Anhang", True),
        ("Lohnzettel anbei", True),
        ("AW: AU im Anhang", False),
        ("Re: Lohnzettel anbei", False),
        ("WG: Vertrag im Anhang", True),
        ("Anlagen", False),
        ("Anhang zu groß", False),
    ],
)
def test_a_subject_may_announce_one_but_not_that_of_an_answer(
    read, subject: str, announced: bool
) -> None:
    assert attached.is_announced(read("Gruß, Jana Roth", subject=subject)) is announced
