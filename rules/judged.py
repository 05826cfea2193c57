"""A judgement read back from the public JSON of a verdict, as far as rules ask for it.

What a person needs (words, spans, reasons) stays behind. Source: own decision 0037.
"""

from collections.abc import Mapping
from typing import Any

from rules.codes import Channel, Concern, PaymentRelevant
from rules.verdict import ConcernFound, Facts, Judgement


def judgement_of(body: Mapping[str, Any]) -> Judgement:
    """The judgement behind a kept verdict. Probabilities are rounded to four places.

    Source: own decision 0037 (a dry run judges nothing anew).
    """
    facts = body["facts"]
    return Judgement(
        channel=Channel(body["channel"]),
        concerns=tuple(
            ConcernFound(Concern(one["code"]), one["probability"], one["announced"])
            for one in body["concerns"]
        ),
        payment_relevant=PaymentRelevant(body["payment_relevant"]),
        payment_because=(),
        facts=Facts(kundennummer=facts["kundennummer"], plz=facts["plz"], place=facts["place"]),
        review=body["review"],
        review_because=tuple(body["review_because"]),
        model=body["model"],
    )
