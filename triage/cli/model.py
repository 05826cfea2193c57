"""Commands around the judge: judge, train, evaluate."""

import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from classify.corpus import lines as corpus
from ingest.parse import parse
from rules.codes import Concern
from rules.errors import Refused
from rules.verdict import as_json
from triage import deciding, wiring
from triage.cli.console import DEFAULT_CONFIG, ConfigOption, emit, say, settings_or_default
from triage.settings import Settings

if TYPE_CHECKING:
    from classify.model.model import Model

SEED = 20261125
"""One seed for every training, so that the same corpus gives the same model. own decision 0022."""


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    for command in (judge, train, evaluate):
        app.command()(command)


def judge(
    paths: Annotated[
        list[Path], typer.Argument(help="Mails (.eml), folders of them, or - for standard input.")
    ],
    model: Annotated[
        Path | None, typer.Option(help="Another model file than the installed one.")
    ] = None,
    mailbox: Annotated[str, typer.Option(help="Address of the postbox that got the mails.")] = "",
) -> None:
    """Judge mails and print one JSON object a line, in the order given; nothing is stored.

    Example: postlotse judge tests/mails
    """
    judging = wiring.build_judging(_settings(model))
    for name, data in _mails(paths):
        mail = parse(data, judging.layouts)
        received_at = mail.sent_at or datetime.now(tz=UTC)
        verdict = deciding.decide(judging, mail, received_at=received_at, mailbox=mailbox)
        emit(as_json(verdict, file=name))


def train(
    paths: Annotated[list[Path], typer.Argument(help="Corpus files (.jsonl) or folders of them.")],
    out: Annotated[
        Path | None, typer.Option(help="Write one model file here instead of a candidate.")
    ] = None,
    extra: Annotated[
        list[Path] | None,
        typer.Option(help="More lines for training, as `relearn export` writes them; repeatable."),
    ] = None,
    gate_writers: Annotated[
        str, typer.Option(help="Writers of the fixed split, by commas; for the candidate's gate.")
    ] = "",
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Train a model on labelled mail; a candidate with card and measurement, or with --out a file.

    Example: postlotse train corpus
    """
    # scikit-learn takes seconds to load; the other commands need not wait for it.
    from classify.learning.train import train as fit  # noqa: PLC0415 - as above
    from classify.life import gate  # noqa: PLC0415 - as above
    from classify.life.candidate import make  # noqa: PLC0415 - as above
    from classify.model import file as modelfile  # noqa: PLC0415 - as above

    settings = settings_or_default(config)
    lines = corpus.read([*paths, *(extra or ())])
    layouts = wiring.load_layouts(settings.data.forms)
    examples = corpus.examples(lines, lambda data: parse(data, layouts))
    if out is not None:
        model = fit(examples, seed=SEED)
        modelfile.save(model, out, wiring.model_key(settings))
        say(f"{out}: model {model.id}, {len(lines)} mails, {out.stat().st_size // 1000} kB")
        if not model.speaks_house:
            say(f"it can only be measured: {_without_mail(model)}")
        return
    writers = tuple(gate_writers.split(",")) if gate_writers else gate.WRITERS
    made = make(examples, places=wiring.load_directory(), seed=SEED, gate_writers=writers)
    shelf = wiring.model_shelf(settings)
    record = shelf.add(made.model, made.measured, made.promise)
    say(f"candidate {record.id}: {len(lines)} mails; card in {shelf.folder / record.id}.md")
    if made.model.speaks_house:
        say(f"let it go live with: postlotse model activate {record.id}")
    else:
        say(f"it can't go live: {_without_mail(made.model)}")


def evaluate(
    paths: Annotated[list[Path], typer.Argument(help="Corpus files (.jsonl) or folders of them.")],
    model: Annotated[
        Path | None, typer.Option(help="Measure this model instead of leaving writers out.")
    ] = None,
    report: Annotated[
        Path | None, typer.Option(help="Write the whole report (Markdown, SVG) into this folder.")
    ] = None,
    processes: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Writers left out side by side; as many as there are processors if not given. "
            "Each needs 4 GB of memory for 11,000 mails, four times that for twice the mails.",
        ),
    ] = None,
) -> None:
    """Measure the judge on writers it has not seen, beside simple baselines.

    Example: postlotse evaluate corpus --report docs/evaluation
    """
    from classify.measuring import evaluate as measuring  # noqa: PLC0415 - as in `train`
    from classify.measuring import report as telling  # noqa: PLC0415 - as in `train`
    from classify.model import file as modelfile  # noqa: PLC0415 - as in `train`

    settings = _settings(model)
    layouts = wiring.load_layouts(settings.data.forms)
    lines = corpus.read(paths)
    examples = corpus.examples(lines, lambda data: parse(data, layouts))
    loaded = (
        modelfile.load(model, wiring.model_key(settings), labels=None)
        if model is not None
        else None
    )
    # Drawn when told: a thread that draws could hold its lock just where a process is forked.
    with Progress(console=Console(stderr=True), auto_refresh=False) as bar:
        task = bar.add_task("evaluate")

        def tell(what: str, done: int, total: int) -> None:
            bar.update(task, description=what, completed=done, total=total, refresh=True)

        found = measuring.evaluate(
            examples,
            places=wiring.load_directory(),
            seed=SEED,
            model=loaded,
            progress=tell,
            processes=processes or len(os.sched_getaffinity(0)),
        )
    if report is not None:
        for path in telling.write(found, report):
            sys.stderr.write(f"{path}\n")
    say(telling.summary(found))


def _without_mail(model: "Model") -> str:
    """Why a model doesn't speak the house's language."""
    missing = ", ".join(sorted({code.value for code in Concern}.difference(model.labels)))
    return f"it was given no mail of {missing}" if missing else "plain texts tell no payment"


def _settings(model: Path | None) -> Settings:
    settings = Settings()
    if model is None:
        return settings
    data = settings.data.model_copy(update={"model": model})
    return settings.model_copy(update={"data": data})


def _mails(paths: list[Path]) -> Iterator[tuple[str, bytes]]:
    for path in paths:
        if str(path) == "-":
            yield "-", sys.stdin.buffer.read()
        elif path.is_dir():
            for file in sorted(path.rglob("*.eml")):
                yield str(file.relative_to(path)), file.read_bytes()
        elif path.is_file():
            yield path.name, path.read_bytes()
        else:
            raise Refused(
                "judge.no_file", f"{path} is neither a file nor a folder.", path=str(path)
            )
