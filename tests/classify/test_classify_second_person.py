"""What the labels are worth: a second person, who saw only the guide and the mails, on one set."""

import json
from pathlib import Path

from classify.measures import Answer, figures
from rules.codes import PaymentRelevant

CORPUS = Path(__file__).parents[2] / "corpus"


def answers(part: str) -> dict[str, Answer]:
    rows = (CORPUS / part / "zi_inbox.jsonl").read_text(encoding="utf-8").splitlines()
    return {
        row["id"]: Answer(
            tuple(row["concerns"]), PaymentRelevant(row["payment_relevant"]), row["channel"]
        )
        for row in map(json.loads, rows)
    }


def test_two_people_agree_as_far_as_the_data_card_says() -> None:
    first, second = answers("unseen"), answers("second")
    assert first.keys() == second.keys()
    found = figures("second", list(first.values()), [second[name] for name in first])
    card = (CORPUS / "README.md").read_text(encoding="utf-8")
    said = (
        f"first {found.first:.3f}, first among {found.first_among:.3f}, "
        f"micro-F1 {found.micro_f1:.3f}, macro-F1 {found.macro_f1:.3f}"
    )
    assert said in card
    assert sum(first[name].payment == second[name].payment for name in first) == 299
    assert found.channel == 1
