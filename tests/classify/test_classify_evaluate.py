from classify.baselines import BASELINES
from classify.evaluate import evaluate
from classify.report import render


def test_leaving_writers_out_measures_us_beside_the_baselines(seen, directory) -> None:
    few = [example for example in seen if example.line.writer in {"a_health", "d_rest"}]
    steps: list[str] = []
    report = evaluate(
        few, places=directory, seed=7, progress=lambda what, done, of: steps.append(what)
    )
    assert steps == ["without a_health", "without d_rest", "done"]
    assert [row.name for row in report.systems] == ["judge", *BASELINES]
    text = render(report)
    assert all(f"| {name} |" in text for name in BASELINES)
    assert all(example.mail.body.new not in text for example in few if example.mail.body.new)
