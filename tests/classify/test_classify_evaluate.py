import xml.etree.ElementTree as ET
from dataclasses import replace

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from classify.learning import heldout
from classify.learning.train import prepare, train, train_part
from classify.measuring import report as telling
from classify.measuring.baselines import BASELINES
from classify.measuring.evaluate import evaluate
from classify.measuring.findings import Cost, Said, report_of
from classify.measuring.measures import Answer
from rules.codes import Concern, PaymentRelevant

SVG = "{http://www.w3.org/2000/svg}"
COST = Cost(seconds=1, seconds_a_training=None, milliseconds_a_mail=2, peak_megabytes=3)


@pytest.fixture(scope="module")
def few(seen):
    return [
        example for example in seen if example.line.writer in {"l_everyday", "s_jobs_and_illness"}
    ]


@pytest.fixture(scope="module")
def measured(few, directory):
    """The report, and the steps that were told."""
    steps: list[str] = []

    def tell(what: str, _done: int, _of: int) -> None:
        steps.append(what)

    return evaluate(few, places=directory, seed=7, progress=tell), steps


@pytest.fixture(scope="module")
def report(measured):
    return measured[0]


def test_leaving_writers_out_measures_us_beside_the_baselines(measured) -> None:
    report, steps = measured
    assert steps == ["reading", "without l_everyday", "without s_jobs_and_illness", "done"]
    assert [row.name for row in report.systems] == ["judge", *BASELINES]
    for text in (telling.summary(report), telling.render(report)):
        assert all(f"| {name} |" in text for name in BASELINES)


def test_two_processes_measure_the_same_as_one(report, few, directory) -> None:
    """To the byte, but for what it took."""
    told: list[str] = []

    def tell(what: str, _done: int, _of: int) -> None:
        told.append(what)

    forked = evaluate(few, places=directory, seed=7, progress=tell, processes=2)
    assert told == ["reading", "without l_everyday", "without s_jobs_and_illness", "done"]
    same = [telling.render(replace(one, cost=COST)) for one in (forked, report)]
    assert same[0] == same[1]
    assert replace(forked, cost=COST) == replace(report, cost=COST)


def test_a_part_of_the_mails_trains_the_same_model_as_these_mails_alone(few) -> None:
    """Otherwise the report would measure another model than the one that is installed."""
    chosen = [n for n, example in enumerate(few) if n % 3]
    of_part = train_part(prepare(few), chosen, seed=7).model
    alone = train([few[n] for n in chosen], seed=7)
    arrays = {"table": None, "days": None}
    assert replace(of_part, **arrays) == replace(alone, **arrays)
    assert of_part.days.terms == alone.days.terms
    assert of_part.days.weights.tobytes() == alone.days.weights.tobytes()
    assert [block.terms for block in of_part.table.blocks] == [
        block.terms for block in alone.table.blocks
    ]
    assert np.array_equal(of_part.table.weights, alone.table.weights)


def test_a_training_uses_one_thread_however_many_there_are(few, monkeypatch) -> None:
    """More would change the last bits of a product of tables, and with them the model's name."""
    threads: list[int] = []
    solve = heldout.solve

    def watched(*args: object, **given: object) -> object:
        threads.extend(library["num_threads"] for library in threadpool_info())
        return solve(*args, **given)

    monkeypatch.setattr(heldout, "solve", watched)
    with threadpool_limits(limits=2):
        train(few[::2], seed=7)
    assert set(threads) == {1}


def test_the_report_has_every_table_and_its_pictures(report, tmp_path) -> None:
    paths = telling.write(report, tmp_path / "new")
    text = (tmp_path / "new" / "report.md").read_text(encoding="utf-8")
    for title in (
        "By code", "By writer", "By channel", "By length of the new text", "Facts",
        "Mistaken first concerns", "Why a person looks", "Worst mails",
    ):  # fmt: skip
        assert f"\n## {title}\n" in text
    pictures = {path.name for path in paths if path.suffix == ".svg"}
    assert pictures == {
        "calibration_concerns.svg", "calibration_payment.svg", "payment.svg", "abstention.svg",
    }  # fmt: skip
    assert all(f"]({name})" in text for name in pictures)


def test_a_picture_is_well_formed_and_told_in_words(report) -> None:
    for chart in telling.charts(report).values():
        root = ET.fromstring(telling.svg(chart))  # noqa: S314 - made a line above
        assert root.get("role") == "img"
        assert root.find(f"{SVG}title").text == chart.title
        assert "%" in chart.told or "said" in chart.told
        assert root.find(f"{SVG}desc").text == chart.told
        assert "prefers-color-scheme: dark" in root.find(f"{SVG}style").text


def test_a_code_without_a_mail_is_told_and_not_dropped(few) -> None:
    one = few[:1]
    found = report_of("x", one, [Said(Answer(("rente",)), {"rente": 0.9})], {}, COST)
    without = [row.code for row in found.codes if not row.mails]
    assert {row.code for row in found.codes} == {code.value for code in Concern}
    assert len(without) == len(Concern) - len(one[0].line.concerns)
    assert f"nothing is known of them: {', '.join(without)}" in telling.summary(found)
    rente = next(row for row in found.codes if row.code == "rente")
    assert (rente.precision, rente.recall, rente.f1, rente.named) == (0.0, None, None, 1)


def test_what_the_judging_model_never_learned_is_told(few) -> None:
    """A writer left out may be the only one with a code: the others' model can't know it."""
    two = [replace(e, line=replace(e.line, concerns=("au", "rente"))) for e in few[:2]]
    said = [Said(Answer(("au",)), {"au": 0.9}), Said(Answer(("au",)), {"au": 0.9, "rente": 0.1})]
    found = report_of("x", two, said, {}, COST)
    assert (found.unlearned, found.half_measured) == ((("rente", 1),), 2)
    told = telling.summary(found)
    assert "so always missed: rente (1 mails)" in told
    assert "Of 2 mails only the concerns are measured" in told


def test_a_label_of_other_people_without_a_mail_is_told_too(few) -> None:
    one = [replace(few[0], line=replace(few[0].line, concerns=("Sport",)))]
    found = report_of("x", one, [Said(Answer(("Sport",)), {"Sport": 0.9, "Web": 0.1})], {}, COST)
    assert [row.code for row in found.codes] == ["Sport", "Web"]
    assert "nothing is known of them: Web" in telling.summary(found)


def test_twenty_worst_mails_with_the_words_that_spoke(report) -> None:
    assert len(report.worst) == 20
    assert any(mail.because for mail in report.worst)


def test_missed_money_is_the_worst_and_words_cannot_break_the_table(few) -> None:
    two = few[:2]
    money = replace(two[1].line, payment_relevant=PaymentRelevant.YES)
    examples = [two[0], replace(two[1], line=money)]
    wrong = next(c.value for c in Concern if c.value not in two[0].line.concerns)
    said = [
        Said(Answer((wrong,), PaymentRelevant.OPEN), {wrong: 0.9}, None, 0.1, 0.9, ("a|b",)),
        Said(Answer(money.concerns, PaymentRelevant.NO), {wrong: 0.1}, None, 0.0, 0.2),
    ]
    found = report_of("x", examples, said, {}, COST)
    assert [mail.what for mail in found.worst] == ["money missed", "first concern"]
    assert "a\\|b" in telling.render(found)


def test_a_writer_who_is_measured_never_set_a_threshold(few, directory) -> None:
    """The same mails of the others give the same bounds, whatever the writer left out wrote."""
    others = [n for n, example in enumerate(few) if example.line.writer == "s_jobs_and_illness"]
    own = [n for n, example in enumerate(few) if example.line.writer == "l_everyday"]
    flipped = list(few)
    for n in own:
        line = replace(few[n].line, concerns=("rente",), payment_relevant=PaymentRelevant.NO)
        flipped[n] = replace(few[n], line=line)
    honest, other = (train_part(prepare(m), others, seed=7).model for m in (few, flipped))
    assert honest.thresholds == other.thresholds
    assert honest.payment_bound == other.payment_bound
