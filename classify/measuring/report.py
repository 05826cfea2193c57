"""The report of a measurement as Markdown, with its pictures as SVG beside it."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from classify.measuring.charts import Axis, Chart, Series, svg
from classify.measuring.curves import Calibration, Point
from classify.measuring.findings import Curve, Report
from classify.measuring.measures import Figures

_DIAGONAL: Final = (Point(0, 0), Point(1, 1))


def write(report: Report, folder: Path) -> tuple[Path, ...]:
    """Write `report.md` and its pictures into the folder, over those of an earlier run."""
    folder.mkdir(parents=True, exist_ok=True)
    texts = {"report.md": render(report)} | {
        f"{name}.svg": svg(chart) for name, chart in charts(report).items()
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return tuple(folder / name for name in texts)


def summary(report: Report) -> str:
    """What fits on a screen: the systems side by side, and how much a person looks at."""
    return "\n".join(_summary(report))


def render(report: Report) -> str:
    """The whole report; codes as they are, figures with three places. Names its pictures."""
    return "\n".join(_lines(report)) + "\n"


def charts(report: Report) -> dict[str, Chart]:
    """The pictures by the name of their file."""
    found = {f"calibration_{c.name}": _reliability(c) for c in report.calibrations}
    if report.payment is not None:
        found["payment"] = Chart(
            "Payment: recall against share handed over",
            _told(report.payment, "handed over", "of the relevant mails reached"),
            Axis("share of all mails handed over (yes or open)"),
            Axis("relevant mails reached", low=0.5),
            [_series(report.payment, "any bound")],
        )
    found["abstention"] = Chart(
        "Abstention: share handled without a person against share right",
        _told(report.abstention[0], "handled without a person", "right"),
        Axis("share of all mails handled without a person"),
        Axis("first concern right", low=0.75),
        [_series(curve, curve.name) for curve in report.abstention],
    )
    return found


def _reliability(found: Calibration) -> Chart:
    title = f"Calibration of {found.name}: expected error {found.error:.3f}"
    told = "; ".join(f"said {b.said:.2f}, right {b.right:.2f} of {b.count}" for b in found.bins)
    points = [Point(b.said, b.right) for b in found.bins]
    series = Series(found.name, points, bins=found.bins)
    x, y = Axis("probability that was said"), Axis("share that was right")
    return Chart(title, told, x, y, [series], ideal=_DIAGONAL)


def _series(curve: Curve, name: str) -> Series:
    return Series(name, curve.points, mark=curve.operating)


def _told(curve: Curve, x: str, y: str) -> str:
    points = [*curve.points[9::10], curve.operating]
    return "; ".join(f"{p.x:.0%} {x}: {p.y:.1%} {y}" for p in points) + " (last: the judge)"


def _summary(report: Report) -> Iterator[str]:
    ours = report.systems[0]
    yield f"{ours.mails} mails by {len(report.writers)} writers."
    yield ""
    yield from _systems(report.systems, "system")
    yield ""
    yield (
        f"{ours.review:.1%} go to a person first; of the rest the first concern is right in "
        f"{_figure(ours.sure_first)}, among the label's in {_figure(ours.sure_among)}."
    )
    yield ""
    yield (
        f"Payment: of the relevant mails {_figure(ours.payment_called_yes)} are called yes; "
        f"{_figure(ours.payment_open)} of all are left open."
    )
    yield ""
    missing = [row.code for row in report.codes if not row.mails]
    if missing:
        yield f"No mail of these codes, so nothing is known of them: {', '.join(missing)}."
        yield ""
    if report.unlearned:
        lost = ", ".join(f"{code} ({mails} mails)" for code, mails in report.unlearned)
        yield f"Never learned by the model that judged them, so always missed: {lost}."
        yield ""
    if report.half_measured:
        yield (
            f"Of {report.half_measured} mails only the concerns are measured, and no payment, "
            "channel, fact or review: the model that judged them lacks codes of the house."
        )
        yield ""
    errors = ", ".join(f"{found.name} {found.error:.3f}" for found in report.calibrations)
    yield f"Expected calibration error: {errors}."
    yield ""
    cost = report.cost
    training = f"{cost.seconds_a_training:.1f} s a training, " if cost.seconds_a_training else ""
    yield (
        f"Took {cost.seconds:.0f} s: {training}{cost.milliseconds_a_mail:.1f} ms a mail judged; "
        f"{cost.peak_megabytes:.0f} MB of memory at most."
    )


def _lines(report: Report) -> Iterator[str]:
    yield f"# Evaluation: {report.how}"
    yield ""
    yield "Written by `postlotse evaluate`; what the columns mean stands in `docs/judge.md`."
    yield ""
    yield from _summary(report)
    yield ""
    codes = [
        (r.code, _figure(r.precision), _figure(r.recall), _figure(r.f1), r.mails, r.named)
        for r in report.codes
    ]
    head = ("code", "precision", "recall", "F1", "mails", "named")
    yield from _section("By code", head, codes)
    yield from _section("Mistaken first concerns", ("true", "said", "mails"), report.confusions)
    for name, chart in charts(report).items():
        yield f"## {chart.title}"
        yield ""
        yield f"![{chart.title}]({name}.svg)"
        yield ""
        yield from _bins(report, name)
    yield from _section("Why a person looks", ("reason", "mails"), report.review_reasons)
    for name, rows in report.slices:
        yield f"## By {name}"
        yield ""
        yield from _systems(rows, name)
        yield ""
    facts = [
        (r.name, r.stated, _figure(r.right / max(r.stated, 1)), r.surplus) for r in report.facts
    ]
    yield from _section("Facts", ("fact", "stated", "right", "surplus"), facts)
    yield from _worst(report)


def _bins(report: Report, name: str) -> Iterator[str]:
    for found in report.calibrations:
        if name == f"calibration_{found.name}":
            rows = [(f"{b.said:.3f}", f"{b.right:.3f}", b.count) for b in found.bins]
            yield from _table(("said", "right", "answers"), rows)
            yield ""


def _worst(report: Report) -> Iterator[str]:
    rows = [
        (m.id, m.what, ", ".join(m.true), ", ".join(m.said), _figure(m.probability),
         ", ".join(m.because), ", ".join(m.review_because))
        for m in report.worst
    ]  # fmt: skip
    head = ("mail", "wrong", "true", "said", "sure", "words that spoke", "a person looks")
    yield from _section("Worst mails", head, rows)


def _systems(rows: Iterable[Figures], name: str) -> Iterator[str]:
    yield from _table(
        (name, "mails", "first", "first among", "micro-F1", "macro-F1", "payment recall",
         "false yes", "handed over", "channel", "to a person"),
        [
            (
                row.name, row.mails, _figure(row.first), _figure(row.first_among),
                _figure(row.micro_f1), _figure(row.macro_f1), _figure(row.payment_recall),
                _figure(row.payment_false_yes), _figure(row.handed_over), _figure(row.channel),
                _figure(row.review),
            )
            for row in rows
        ],
    )  # fmt: skip


def _section(title: str, head: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    yield f"## {title}"
    yield ""
    yield from _table(head, rows)
    yield ""


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    yield "| " + " | ".join(head) + " |"
    yield "|" + "---|" * len(head)
    for row in rows:
        yield "| " + " | ".join(_cell(cell) for cell in row) + " |"


def _cell(value: object) -> str:
    """Words of a mail may hold a bar, which would end the cell."""
    return str(value).replace("|", "\\|")


def _figure(share: float | None) -> str:
    return "–" if share is None else f"{share:.3f}"
