"""The model card: what a model was made of, how good it is, and what it can't do. Markdown.

Source: Mitchell et al. 2019, "Model cards for model reporting"; F27.
"""

from collections.abc import Iterator
from typing import Final

from classify.learning.riskcontrol import Promise
from classify.life.gate import Measured
from classify.model.model import Model

_LIMITS: Final = """
- All mails of the corpus are invented: real mail will do worse, and every figure here is one of
  invented mail.
- It knows German. Other languages, empty and one-line mails, texts beyond 6,000 characters and
  texts unlike its corpus go to a person.
- It says what a mail is about and whether it may move money. It decides nothing about anybody.
- It was never measured for groups of people: nothing in it is about a person, but how people write
  differs.
"""


def render(model_id: str, model: Model, measured: Measured | None, promise: Promise | None) -> str:
    """The card; the same model and figures give the same text: no clock, no machine."""
    return "\n".join(_lines(model_id, model, measured, promise)) + "\n"


def _lines(
    model_id: str, model: Model, measured: Measured | None, promise: Promise | None
) -> Iterator[str]:
    yield from (f"# Model {model_id}", "", "## Made of", "")
    origin = model.origin
    rows = {
        "mails": f"{origin.mails:,} by {len(origin.writers)} writers: {', '.join(origin.writers)}",
        "data (SHA-256)": origin.data_sha256,
        "feature code (SHA-256)": origin.features_sha256,
        "seed": origin.seed,
        "versions": ", ".join(f"{name} {number}" for name, number in origin.versions),
    }
    yield from (f"- {name}: {value}" for name, value in rows.items())
    yield from ("", "## What it promises on money", "")
    yield _promise(promise)
    yield from ("", "## How good it is", "")
    if measured is None:
        yield "Not measured: the gate's writers aren't in its corpus, or its labels aren't ours."
    else:
        yield from _figures(measured)
    yield from ("", "## Limits", _LIMITS.rstrip())


def _promise(promise: Promise | None) -> str:
    if promise is None:
        return "Nothing: it knows no payment relevance."
    counted = (
        f"{promise.missed} of {promise.relevant} relevant mails of writers left out lie below the "
        f"bound {promise.bound}"
    )
    if promise.miss_rate is None:
        return f"Nothing: the mails are too few. {counted}."
    return (
        f"At most {promise.miss_rate:.1%} of the relevant mails are below the bound, with a "
        f"confidence of {promise.confidence:.0%}, if mails come as in the corpus. {counted}."
    )


def _figures(measured: Measured) -> Iterator[str]:
    yield (
        f"By a twin that saw no mail of {', '.join(measured.writers)}, on their {measured.mails} "
        f"mails (split {measured.split_sha256[:12]}):"
    )
    yield ""
    for name, value in (
        ("payment recall", measured.payment_recall),
        ("irrelevant mails called yes", measured.payment_false_yes),
        ("macro-F1", measured.macro_f1),
        ("first concern among the label's", measured.first_among),
        ("to a person", measured.to_a_person),
    ):
        yield f"- {name}: {value:.3f}"
    yield from ("", "| code | mails | precision | recall | F1 |", "|---|---|---|---|---|")
    for row in measured.codes:
        shares = (row.precision, row.recall, row.f1)
        told = " | ".join("–" if share is None else f"{share:.3f}" for share in shares)
        yield f"| {row.code} | {row.mails} | {told} |"
