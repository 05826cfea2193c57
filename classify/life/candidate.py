"""Make a candidate: the model of all mails, and how its twin did on the gate's split."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from classify.corpus.lines import Example
from classify.learning.riskcontrol import Promise
from classify.learning.train import prepare, train_part
from classify.life import gate
from classify.life.gate import Measured
from classify.measuring.evaluate import evaluate
from classify.model.model import Model
from rules.directory import Directory


@dataclass(frozen=True, slots=True)
class Candidate:
    """A model that isn't live. `measured` is None if the gate's writers wrote no mail of it."""

    model: Model
    measured: Measured | None
    promise: Promise | None


def make(
    examples: Sequence[Example], *, places: Directory, seed: int, gate_writers: Collection[str]
) -> Candidate:
    """Train on all; train a twin without the gate's writers and measure it on their mails.

    The same examples, seed and library versions give the same candidate.

    Raises: Refused: `train.too_few`.
    """
    prepared = prepare(examples)
    trained = train_part(prepared, range(len(examples)), seed=seed)
    asked = [example for example in examples if example.line.writer in gate_writers]
    seen = [n for n, e in enumerate(examples) if e.line.writer not in gate_writers]
    if not asked or not trained.model.speaks_house:
        return Candidate(trained.model, None, trained.promise)
    twin = train_part(prepared, seen, seed=seed).model
    report = evaluate(asked, places=places, seed=seed, model=twin)
    writers = {example.line.writer for example in asked}
    measured = gate.measured(report, [example.line for example in asked], writers)
    return Candidate(trained.model, measured, trained.promise)
