"""Why it is open whether a mail moves money, where no concern on the page says it.

Source: own decisions 0136, 0150; codes of classify/judge.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from classify.judge import CLOSE, ELSEWHERE, PAPER
from rules.codes import PaymentRelevant
from rules.head_only import UNREAD
from triage.desk.item_view import ItemView

READ_ALONG_CHARS: Final = 1_500
"""So much of what was read along is shown; a page of a letter. Own decision 0136."""

_WHY: Final[Mapping[str, str]] = MappingProxyType(
    {
        CLOSE: "Der Wortlaut ähnelt Mails, die Geld bewegen; ausschließen lässt es sich nicht.",
        ELSEWHERE: "Nicht der Text der Mail, aber etwas daneben könnte Geld bewegen: eine frühere"
        " Mail darunter, die Signatur oder eine Datei; oder ein Teil ließ sich nicht lesen.",
        PAPER: "Der Name einer Datei nennt ein Papier, mit dem sich etwas ändert, zum"
        " Beispiel eine Krankmeldung.",
        UNREAD: "Von der Mail ist nur der Kopf hier.",
    }
)
_UNSETTLED: Final = (
    "Ein Anliegen, das Geld bewegen kann, kommt vor, und kein Satz sagt, dass sich nichts ändert."
)


@dataclass(frozen=True, slots=True)
class MoneyOpen:
    """Sentences, and what files and other parts say that was read along; plain text, cut."""

    because: tuple[str, ...] = ()
    read_along: str = ""
    is_cut: bool = False


def money_open(view: ItemView, verdict: Mapping[str, Any]) -> MoneyOpen:
    """Nothing where a person has decided, or where it is not open."""
    if view.corrected or view.item.payment != PaymentRelevant.OPEN:
        return MoneyOpen()
    reasons: list[str] = verdict["payment_because"]
    told = [_UNSETTLED if one.endswith(": unsettled") else _WHY.get(one, "") for one in reasons]
    beside = view.mail.elsewhere.strip() if view.mail and ELSEWHERE in reasons else ""
    return MoneyOpen(
        tuple(dict.fromkeys(filter(None, told))),
        beside[:READ_ALONG_CHARS],
        is_cut=len(beside) > READ_ALONG_CHARS,
    )
