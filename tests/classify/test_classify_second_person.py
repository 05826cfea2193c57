"""What the labels are worth: a second person, who saw guide and mails only, on three sets."""

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest

from classify.measuring.measures import Answer, by_code, figures
from rules.codes import PaymentRelevant

CORPUS = Path(__file__).parents[2] / "corpus"
DRAWN = 300
SEED = 20261127
SEEN_BEFORE = frozenset(f"zp-{number}" for number in range(144, 151))
"""Their labels were seen when the day of birth of zp-147 was corrected, so they are not drawn."""


def rows(pattern: str) -> list[list[dict[str, Any]]]:
    """The lines of each file that fits."""
    return [
        [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        for path in sorted(CORPUS.glob(pattern))
    ]


def answers(pattern: str) -> dict[str, Answer]:
    return {
        row["id"]: Answer(
            tuple(row["concerns"]), PaymentRelevant(row["payment_relevant"]), row["channel"]
        )
        for file in rows(pattern)
        for row in file
    }


def pairs(second: str, first: str) -> list[tuple[Answer, Answer]]:
    """What the writer and what the second person says, a mail."""
    labels = answers(first)
    return [(labels[name], said) for name, said in answers(second).items()]


@pytest.mark.parametrize(
    ("second", "first", "mails", "same_payment"),
    [
        ("second/zi_inbox.jsonl", "unseen/zi_inbox.jsonl", 300, 299),
        ("second/zk_to_zr.jsonl", "unseen/z[k-r]_*.jsonl", DRAWN, 299),
        ("second/zy_inbox.jsonl", "unseen/zy_inbox.jsonl", 324, 321),
    ],
)
def test_two_people_agree_as_far_as_the_data_card_says(
    second: str, first: str, mails: int, same_payment: int
) -> None:
    both = pairs(second, first)
    found = figures("second", [label for label, _ in both], [said for _, said in both])
    card = (CORPUS / "README.md").read_text(encoding="utf-8")
    said = (
        f"first {found.first:.3f}, first among {found.first_among:.3f}, "
        f"micro-F1 {found.micro_f1:.3f}, macro-F1 {found.macro_f1:.3f}"
    )
    assert said in card
    assert len(both) == mails
    assert sum(label.payment == answer.payment for label, answer in both) == same_payment
    assert found.channel == 1


@pytest.mark.parametrize(
    ("second", "first"),
    [
        ("second/zk_to_zr.jsonl", "unseen/z[k-r]_*.jsonl"),
        ("second/zy_inbox.jsonl", "unseen/zy_inbox.jsonl"),
    ],
)
def test_two_people_agree_on_illness_and_jobs_that_end_as_the_data_card_says(
    second: str, first: str
) -> None:
    both = pairs(second, first)
    codes = by_code([label for label, _ in both], [said for _, said in both])
    f1 = {str(one.code): one.f1 for one in codes}
    card = (CORPUS / "README.md").read_text(encoding="utf-8")
    assert f"AU F1 {f1['au']:.3f}, Arbeitsuchendmeldung {f1['arbeitsuchend']:.3f}" in card


def test_the_mails_of_zk_to_zr_were_drawn_and_not_chosen() -> None:
    files = rows("unseen/z[k-r]_*.jsonl")
    total = sum(map(len, files))
    drawn: list[str] = []
    for file in files:
        names = [row["id"] for row in file if row["id"] not in SEEN_BEFORE]
        dice = Random(SEED)  # noqa: S311 - the same draw in every run
        drawn += dice.sample(names, round(DRAWN * len(file) / total))
    assert set(drawn) == answers("second/zk_to_zr.jsonl").keys()
