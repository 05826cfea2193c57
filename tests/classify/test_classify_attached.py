"""What announces an attachment, and what only sounds so."""

import pytest

from classify.facts import attached


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
        "Vertrag hab ich drangehängt.",
        "Kontoauszug als Beleg habe ich dazugepackt.",
        "Den Mietvertrag findet ihr angeheftet.",
        "In den beiden Anhängen finden Sie den Fragebogen.",
        "Hier zur Sicherheit der Ausdruck.",
        "Daher hier Foto vom Vertrag.",
        "Krankmeldung ist hier.",
        "Urkunde im PDF.",
        "Attest ist mit drin.",
        "Datei ist dran.",
        "Urkunde siehe unten.",
        "Zwei Wochen krank (Foto).",
        "Sorry, Anhang vergessen, jetzt aber.",
        "Ich schicke Ihnen den ausgefüllten Fragebogen.",
        "Den Fragebogen senden wir ausgefüllt zurück.",
        "Ich reiche die Urkunde mit dieser Mail nach.",
        "Die Bescheinigung ging elektronisch hinaus, Protokoll anbei.",
        "Nachweis: geburt.jpg",
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
        "Das Attest hatte ich schon am 20.8. im Anhang geschickt.",
        "Mein Schreiben vom 2.11. (mit 4 Anlagen) ist unbeantwortet.",
        "Brauche ich da was von der Chefin im Anhang?",
        "Ich schicke den Vertrag morgen.",
        "Wo reiche ich den Antrag ein?",
        "Ich schicke die Urkunde nicht im Anhang.",
        "Hiermit lege ich gegen den Bescheid Widerspruch ein.",
        "Hier ist Tayfun aus dem Lehrgang.",
        "Der Doktor hat bis Freitag drangehängt.",
        "Ich gebe das Einkommen an.",
        "Den Antrag samt Anlagen habe ich am Empfang abgegeben.",
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
        ("Foto von der Rechnung ist dran", True),
        ("Anlage vergessen", True),
        ("Anhang zu groß", False),
    ],
)
def test_a_subject_may_announce_one_but_not_that_of_an_answer(
    read, subject: str, announced: bool
) -> None:
    assert attached.is_announced(read("Gruß, Jana Roth", subject=subject)) is announced


def test_only_the_sentence_that_may_tell_it_is_searched(read, monkeypatch) -> None:
    searched: list[str] = []

    class Noted:
        def __init__(self, turn: attached.Turn) -> None:
            self.turn, self.pattern = turn, self
            self.sure, self.vague, self.only_sends = turn.sure, turn.vague, turn.only_sends

        def search(self, text: str) -> object:
            searched.append(text)
            return self.turn.pattern.search(text)

    noted = tuple((needle, Noted(turn)) for needle, turn in attached.BY_NEEDLE)
    monkeypatch.setattr(attached, "BY_NEEDLE", noted)
    assert not attached.is_announced(read("Bin krank.\nGeht das?\nGruß, Jana Roth"))
    assert searched == []
    assert attached.is_announced(read("Ich bin krank. Schein anbei. Gruß, Jana Roth"))
    assert searched == ["schein anbei."]
