"""Which concerns must be documented even if they settled themselves (Nachweispflicht)."""

from collections.abc import Iterable
from typing import Final

from rules.codes import Concern

PROOF_DUTY: Final = frozenset(
    {
        Concern.AU,
        Concern.ARBEITSUCHEND,
        Concern.ARBEITSLOS,
        Concern.BANKVERBINDUNG,
        Concern.ANSCHRIFT_NAME,
        Concern.ARBEITSAUFNAHME,
        Concern.NEBENEINKOMMEN,
        Concern.LEISTUNGSAENDERUNG,
        Concern.RENTE,
        Concern.ORTSABWESENHEIT,
        Concern.ANTRAG_UNTERLAGEN,
        Concern.INSOLVENZGELD,
        Concern.WIDERSPRUCH,
    }
)
"""Concerns under a deadline or a duty to cooperate: changes and evidence (§ 60 SGB I), and what has
a last day (an application, Insolvenzgeld, an objection). An appointment that was moved meanwhile
is documented in ATV (Weisung 202003006 no. 2.2 a 2).

Source: Weisung 202001001 no. 2.4 a 6; § 60 (1) SGB I; §§ 38, 141, 311, 324 (3), 325 SGB III;
§ 84 SGG; EAO § 3.
"""


def has_proof_duty(concerns: Iterable[Concern]) -> bool:
    """Whether one of the concerns has to be proved later, so that the short way is closed.

    Source: Weisung 202001001 no. 2.4 a 6; F38, N12.
    """
    return not PROOF_DUTY.isdisjoint(concerns)
