"""The report of a measurement as Markdown."""

from collections.abc import Iterable, Iterator

from classify.evaluate import Report
from classify.measures import Figures


def render(report: Report) -> str:
    """The whole report; codes as they are, figures with three places."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: Report) -> Iterator[str]:
    ours = report.systems[0]
    yield f"# Evaluation: {report.how}"
    yield ""
    yield f"{ours.mails} mails by {len(report.writers)} writers."
    yield ""
    yield from _systems(report.systems, "system")
    yield ""
    yield (
        f"{ours.review:.1%} go to a person first; of the rest the first concern is right in "
        f"{_figure(ours.sure_first)}, among the label's in {_figure(ours.sure_among)}"
    )
    yield ""
    yield (
        f"Payment: of the relevant mails {_figure(ours.payment_called_yes)} are called yes; "
        f"{_figure(ours.payment_open)} of all are left open"
    )
    yield ""
    yield from _section("Why a person looks", ("reason", "mails"), report.review_reasons)
    yield "## By writer"
    yield ""
    yield from _systems(report.by_writer, "writer")
    yield ""
    codes = [
        (r.code, _figure(r.precision), _figure(r.recall), _figure(r.f1), r.mails)
        for r in report.codes
    ]
    yield from _section("By code", ("code", "precision", "recall", "F1", "mails"), codes)
    facts = [
        (r.name, r.stated, _figure(r.right / max(r.stated, 1)), r.surplus) for r in report.facts
    ]
    yield from _section("Facts", ("fact", "stated", "right", "surplus"), facts)
    yield from _section("Mistaken first concerns", ("true", "said", "mails"), report.confusions)
    worst = [
        (m.id, ", ".join(m.true), ", ".join(m.said), _figure(m.probability), ", ".join(m.because))
        for m in report.worst
    ]
    yield from _section("Surest mistakes", ("mail", "true", "said", "probability", "review"), worst)


def _systems(rows: Iterable[Figures], name: str) -> Iterator[str]:
    yield from _table(
        (name, "first", "first among", "micro-F1", "macro-F1", "payment recall", "false yes",
         "handed over", "channel"),
        [
            (
                row.name, _figure(row.first), _figure(row.first_among), _figure(row.micro_f1),
                _figure(row.macro_f1), _figure(row.payment_recall), _figure(row.payment_false_yes),
                _figure(row.handed_over), _figure(row.channel),
            )
            for row in rows
        ],
    )  # fmt: skip


def _section(
    title: str, head: tuple[str, ...], rows: Iterable[tuple[object, ...]]
) -> Iterator[str]:
    yield f"## {title}"
    yield ""
    yield from _table(head, rows)
    yield ""


def _table(head: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> Iterator[str]:
    yield "| " + " | ".join(head) + " |"
    yield "|" + "---|" * len(head)
    for row in rows:
        yield "| " + " | ".join(str(cell) for cell in row) + " |"


def _figure(share: float | None) -> str:
    return "–" if share is None else f"{share:.3f}"
