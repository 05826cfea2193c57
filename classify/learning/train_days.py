"""Learn from labelled mail what the days in it mean.

Source: measured in docs/judge.md; own decision 0025 (same mails, seed and versions: same weights).
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression

from classify import terms
from classify.corpus.lines import Example
from classify.facts.day_terms import Mention, mentions
from classify.model.model import NO_DAYS, DayRoles
from classify.reading import Reading
from rules.codes import Concern

NO_ROLE: Final = ""
"""The role of a day that means nothing to the house: an appointment, a letter's date."""

Labelled = tuple[tuple[Mention, str], ...]
"""The days of a mail, each with the role that its label gives it."""

_FEWEST_MENTIONS: Final = 3
_STRENGTH: Final = 0.3
_MOST_STEPS: Final = 200
_TOLERANCE: Final = 1e-3


def labelled(reading: Reading, example: Example) -> Labelled:
    """The days of one mail with their roles; none of a plain text, which has no day of its own."""
    line = example.line
    if line.channel is None:
        return ()
    codes = [Concern(code) for code in line.concerns]
    roles = {day: role for role, day in sorted(line.dates.items(), reverse=True)}
    found = mentions(reading, concerns=codes, today=line.received)
    return tuple((mention, roles.get(mention.day, NO_ROLE)) for mention in found)


def fit(examples: Sequence[Example], days: Sequence[Labelled], *, seed: int) -> DayRoles:
    """The roles of days as these mails tell them; `NO_DAYS` if they tell none.

    `days` goes with `examples`. Who labels no day in any mail has not looked for them, so that
    writer is left out; so is what is only weakly labelled.
    """
    looked = {example.line.writer for example in examples if example.line.dates}
    told = [
        one
        for example, found in zip(examples, days, strict=True)
        if example.line.writer in looked and example.line.weight == 1
        for one in found
    ]
    roles = [role for _, role in told]
    if len(set(roles)) < 2:
        return NO_DAYS
    vectoriser = CountVectorizer(
        analyzer=terms.ready, min_df=_FEWEST_MENTIONS, dtype=np.float32, binary=True
    )
    matrix = vectoriser.fit_transform([sorted(mention.terms) for mention, _ in told])
    scorer = LogisticRegression(
        C=_STRENGTH, max_iter=_MOST_STEPS, tol=_TOLERANCE, random_state=seed
    ).fit(matrix, roles)
    return DayRoles(
        roles=tuple(str(role) for role in scorer.classes_),
        terms=tuple(vectoriser.get_feature_names_out().tolist()),
        weights=np.ascontiguousarray(scorer.coef_.T, dtype=np.float32),
        constant=scorer.intercept_.astype(np.float32),
    )
