"""Why something did not leave, in German, for who reads the item or the list of what goes out."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

_WORDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "eakte.record_missing": "Die eAkte hat zu dieser Kundennummer keine Akte; übergeben wurde"
        " nichts.",
        "eakte.record_other": "Die eAkte führt diese Akte unter einer anderen Kundennummer;"
        " übergeben wurde nichts.",
        "eakte.record_unreadable": "Die eAkte hat auf die Frage nach der Akte nicht lesbar"
        " geantwortet.",
        "eakte.away": "Die eAkte antwortet nicht.",
        "eakte.later": "Die eAkte bittet um Geduld.",
        "eakte.tls": "Die Zertifikate der Leitung zur eAkte passen nicht.",
        "eakte.door": "Die eAkte lässt uns nicht ein.",
        "eakte.redirect": "Die Adresse der eAkte stimmt nicht mehr.",
        "eakte.drop_missing": "Der Ordner der eAkte ist nicht eingehängt.",
        "eakte.refused": "Die eAkte nimmt dieses Paket nicht an.",
        "eakte.answer": "Die eAkte hat nicht lesbar geantwortet.",
        "eakte.checksum": "Die Nachricht ist nicht mehr die, die übergeben werden sollte.",
        "eakte.disk": "Der Ordner der eAkte ist voll oder lässt sich nicht beschreiben.",
        "eakte.not_whole": "Das Paket kam in der eAkte nicht vollständig an.",
        "smtp.away": "Unser Mailserver antwortet nicht.",
        "smtp.greeting": "Unser Mailserver nimmt keine Verbindung an.",
        "smtp.later": "Unser Mailserver bittet um Geduld.",
        "smtp.login": "Unser Mailserver lehnt die Anmeldung ab; prüfen Sie Konto und Kennwort.",
        "smtp.not_let": "Unser Mailserver lässt uns nicht senden; prüfen Sie dort, ob dieser"
        " Rechner und unser Konto an alle senden dürfen.",
        "smtp.refused": "Unser Mailserver lehnt diese Antwort oder ihre Adresse endgültig ab.",
        "smtp.sender": "Unser Mailserver nimmt unsere Absenderadresse nicht an; prüfen Sie, ob"
        " unser Konto unter ihr senden darf.",
        "smtp.tls": "Zu unserem Mailserver gibt es keine gesicherte Verbindung; prüfen Sie sein"
        " Zertifikat.",
        "left.disk": "Ob diese Antwort schon hinausging, lässt sich nicht nachsehen: Der Ordner der"
        " Notizen ist nicht lesbar.",
        "task.disk": "Der Ordner des Empfängers ist voll oder lässt sich nicht beschreiben.",
        "task.drop_missing": "Der Ordner des Empfängers ist nicht eingehängt.",
        "task.no_way": "Für diesen Empfänger ist kein Weg eingerichtet.",
        "webhook.address": "Der Name des Empfängers führt auf einen Rechner, der keiner sein kann.",
        "webhook.away": "Der Empfänger ist nicht erreichbar.",
        "webhook.gone": "Der Empfänger will nichts mehr (410); die Konfiguration nennt ihn noch.",
        "webhook.later": "Der Empfänger nimmt es jetzt nicht an.",
        "webhook.redirect": "Der Empfänger verweist auf eine andere Adresse; berichtigen Sie sie in"
        " der Konfiguration, und senden Sie noch einmal.",
        "webhook.tls": "Dem Zertifikat des Empfängers ist nicht zu trauen: abgelaufen, für einen"
        " anderen Namen, oder von einer Stelle, die hier niemand kennt.",
        "webhook.unknown": "Diesen Empfänger gibt es in der Konfiguration nicht mehr.",
    }
)


def why(code: str) -> str:
    """One sentence, or "" for a code that only the operators understand."""
    return _WORDS.get(code, "")
