"""The German words for the recognisers that a verdict names. Source: docs/judge.md."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final

CONCEPTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "krank": "Krankheit",
        "au_schein": "AU-Bescheinigung",
        "gesund": "Gesundmeldung",
        "klinik": "Krankenhaus, Kur oder Reha",
        "arzt": "Arzt oder Praxis",
        "krankengeld": "Krankengeld",
        "kind_krank": "krankes Kind",
        "kasse": "Krankenkasse",
        "kuendigung": "Kündigung",
        "job_endet": "Ende einer Beschäftigung",
        "arbeitsuchend": "Arbeitsuchendmeldung",
        "arbeitslos": "Arbeitslosigkeit",
        "konto": "Konto",
        "konto_neu": "geändertes Konto",
        "scheck": "Scheck",
        "umzug": "Umzug oder Anschrift",
        "name_neu": "neuer Name",
        "strasse": "Straße mit Hausnummer",
        "plz_ort": "Postleitzahl mit Ort",
        "job_beginnt": "Beginn einer Beschäftigung",
        "ausbildung": "Ausbildung oder Studium",
        "selbst": "Selbständigkeit",
        "nebenjob": "Nebenbeschäftigung",
        "lohn": "Lohn oder Einnahmen",
        "steuerklasse": "Steuerklasse",
        "kind": "Kind",
        "mutterschutz": "Mutterschutz oder Elternzeit",
        "pflege": "Pflege",
        "kurs": "Kurs oder Maßnahme",
        "verzicht": "Verzicht oder andere Änderung",
        "rente": "Rente",
        "urlaub": "Urlaub oder Abwesenheit",
        "termin": "Termin",
        "verschieben": "Zusage oder Absage",
        "stand": "Frage nach dem Stand",
        "geld_fehlt": "fehlendes Geld",
        "antrag": "Antrag oder Formular",
        "unterlagen": "Unterlagen",
        "insolvenz": "Insolvenz",
        "beratung": "Beratung oder Förderung",
        "bescheinigung": "Bescheinigung",
        "widerspruch": "Widerspruch",
        "beschwerde": "Beschwerde",
        "bescheid": "Bescheid",
        "familienkasse": "Kindergeld",
        "jobcenter": "Bürgergeld oder Jobcenter",
        "arbeitgeber": "Schreiben eines Arbeitgebers",
        "login": "Anmeldung oder App",
        "danke": "Dank",
        "erledigt": "Erledigung",
        "ruecknahme": "Rücknahme",
        "unzustellbar": "Unzustellbarkeit",
        "automatisch": "automatische Nachricht",
        "werbung": "Werbung",
        "formularkopf": "Kopf eines Formulars",
        "vollmacht": "Schreiben für andere",
    }
)
"""What each concept of the lexicon is about."""

_PLACES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "text": "",
        "subject": " im Betreff",
        "attachment": " im Namen einer Anlage",
        "topic": " als Thema des Formulars",
    }
)

OTHERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "attachment.any": "eine Anlage",
        "fact.iban": "IBAN mit richtiger Prüfziffer",
        "fact.iban_wrong": "IBAN mit falscher Prüfziffer",
        "fact.empty": "kein Text",
        "header.auto_submitted": "Kopfzeile: automatisch versandt",
        "header.null_sender": "Kopfzeile: ohne Absender für Rückläufer",
        "header.report": "Kopfzeile: Zustellbericht",
        "header.autoreply": "Kopfzeile: automatische Antwort",
        "header.list": "Kopfzeile: Verteiler",
        "header.bulk": "Kopfzeile: Massensendung",
        "header.robot_sender": "Absender ist ein Programm",
        "machine.bounce_words": "Wörter einer Unzustellbarkeit",
        "machine.absence_words": "Wörter einer Abwesenheitsnotiz",
        "machine.receipt_words": "Wörter einer Lesebestätigung",
        "machine.newsletter_words": "Wörter eines Newsletters",
        "machine.advert_words": "Wörter einer Werbung",
        "machine.system_words": "Wörter einer Systemnachricht",
        "payment.rente_granted": "Rente bewilligt",
        "payment.rente_applied": "Rente beantragt",
        "payment.absence_unapproved": "Abwesenheit ohne Zustimmung",
        "payment.absence_off": "Reise abgesagt",
        "moods.asked": "nur gefragt",
        "moods.planned": "nur geplant",
        "moods.denied": "verneint",
        "moods.withdrawn": "zurückgenommen",
    }
)


def said(recognisers: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """The words for those of a concern, each once; names of later versions are left out."""
    found = (_word(one["name"]) for one in recognisers)
    return tuple(dict.fromkeys(word for word in found if word))


def _word(name: str) -> str:
    place, _, heard = name.partition(".")
    if place == "form":
        return "gelesenes Formular"
    if name in OTHERS or place not in _PLACES or heard not in CONCEPTS:
        return OTHERS.get(name, "")
    return CONCEPTS[heard] + _PLACES[place]
