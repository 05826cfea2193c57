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
    }
)


def why(code: str) -> str:
    """One sentence, or "" for a code that only the operators understand."""
    return _WORDS.get(code, "")
