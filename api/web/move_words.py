"""Why a postbox did not let us file a mail, and what to do about it, in German."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

MOVES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "postbox.no_right": (
            "Kein Recht am Ordner",
            "Dem Konto des Postlotsen das Recht geben, dort abzulegen.",
        ),
        "postbox.too_big": (
            "Zu groß, oder Postfach voll",
            "Im Postfach Platz schaffen oder die Grenze des Servers anheben.",
        ),
        "postbox.folder_missing": (
            "Ordner fehlt",
            "Den Ordner anlegen, oder dem Konto das Recht geben, Ordner anzulegen.",
        ),
        "postbox.folder_name": (
            "Ordnername nicht erlaubt",
            "Der Regel, die ihn nennt, einen anderen Ordner geben; diese Nachricht von Hand legen.",
        ),
        "postbox.name_taken": (
            "Kein Platz für den Ordner",
            "Die Technik bitten, wegzunehmen, was an der Stelle des Ordners liegt.",
        ),
    }
)
"""Why a mail was not filed, and what to do, by the code of the postbox's refusal."""

_REFUSED: Final = (
    "Vom Server abgelehnt",
    "Die Technik fragen, was der Server meldet; oft ist das Postfach voll.",
)


def move_reason(code: str) -> str:
    """Why a mail was not filed, in a few words."""
    return MOVES.get(code, _REFUSED)[0]


def move_remedy(code: str) -> str:
    """What has to be done before it can be filed."""
    return MOVES.get(code, _REFUSED)[1]
