"""Commands of deletion: `postlotse sweep` plan, run, proof, list, approve, reject.

`sweep` alone is the preview; it never writes. Words of the proof are German: it is read by the
data protection officer.
"""

from collections.abc import Mapping
from typing import Annotated

import typer

from rules.access import Caller
from rules.errors import Refused
from rules.retention import Keep
from store.deletion.sweep_plans import StoredPlan
from triage import wiring
from triage.cli.console import DEFAULT_CONFIG, ConfigOption, JsonOption, emit, operator, say, show
from triage.house import House
from triage.settings import load
from triage.sweep import orders as sweep
from triage.sweep import proof as sweep_proof
from triage.sweep import run as sweep_run
from triage.sweep import words as sweep_words

PlanArgument = Annotated[int, typer.Argument(help="Number of the deletion run.")]
HashOption = Annotated[
    str, typer.Option("--hash", help="Of the run that you read, as `sweep list` shows it.")
]

_GOES = "goes"
"""What the preview says of what will be deleted; "not" would read as its opposite."""

HASH_CHARS = 64
"""A SHA-256 in hexadecimal; what is shorter and all digits is a number. Source: FIPS 180-4."""

app = typer.Typer(
    help="Deletion with proof: plan (default, writes nothing), run, proof, holds.",
    invoke_without_command=True,
)


def register(parent: typer.Typer) -> None:
    """Add the commands to the application."""
    parent.add_typer(app, name="sweep")


@app.callback()
def sweep_alone(context: typer.Context, config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Deletion with proof. Without a command: the preview, which writes nothing.

    Example: postlotse sweep
    """
    if context.invoked_subcommand is None:
        plan(config)


@app.command()
def plan(config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False) -> None:
    """Show what may be deleted today and what may not, and why. Writes nothing.

    The last line names the plan by its hash, for `sweep run`.

    Example: postlotse sweep plan
    """
    found = sweep.preview(wiring.house_of(config), operator())
    for one in found.tallies:
        show(
            {
                "postbox": one.postbox or "-",
                "agency": one.agency or "-",
                "answer": _GOES if one.keep is Keep.NOT else one.keep.value,
                "mails": one.number,
            },
            as_json=as_json,
        )
    last = {
        "day": found.day.isoformat(),
        "to_delete": len(found.rows),
        "more": found.has_more,
        "hash": found.hash,
    }
    show(last, as_json=as_json)


@app.command()
def run(
    plan_name: Annotated[
        str, typer.Argument(metavar="HASH|NUMBER", help="Hash of a preview, or an ordered run.")
    ],
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Delete exactly what the preview of that hash showed, or go on with a run by its number.

    Killed at any point, the same run goes on where it was: give its number. Ends with the proof.

    Example: postlotse sweep run 5f0c…
    """
    settings = load(config)
    house, me = wiring.build_house(settings), operator()
    if plan_name.isdecimal() and len(plan_name) < HASH_CHARS:
        number = sweep.plan_of(house, me, int(plan_name)).id
    else:
        number = sweep.order(house, me, hash_=plan_name)
    sweep_run.run(house, wiring.outlets(settings), me.name, number)
    _show_proof(sweep_proof.proof(house, me, number), as_json=as_json)


@app.command()
def proof(
    number: PlanArgument, config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False
) -> None:
    """Read back what a run has deleted and what is left; exit code 1 if it is not complete.

    Example: postlotse sweep proof 3
    """
    _show_proof(sweep_proof.proof(wiring.house_of(config), operator(), number), as_json=as_json)


@app.command("list")
def list_(config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False) -> None:
    """List deletion runs, newest first.

    Example: postlotse sweep list
    """
    for one in sweep.plans(wiring.house_of(config), operator()):
        show(_line(one), as_json=as_json)


@app.command()
def approve(
    number: PlanArgument, hash_: HashOption = "", config: ConfigOption = DEFAULT_CONFIG
) -> None:
    """Approve a deletion that another person has proposed; a worker, or `sweep run`, does it.

    Without --hash the run is shown only, and with it another one than you read is refused: after a
    restore of the database a number may be another's.

    Example: postlotse sweep approve 4 --hash 5f0c…
    """
    house, me = wiring.house_of(config), operator()
    _require_hash(house, me, number, hash_, "approve")
    sweep.approve(house, me, number, seen=hash_)
    say(f"deletion run {number} is ordered")


@app.command()
def reject(
    number: PlanArgument, hash_: HashOption = "", config: ConfigOption = DEFAULT_CONFIG
) -> None:
    """Reject a proposed deletion; nothing is deleted. --hash as for `sweep approve`.

    Example: postlotse sweep reject 4 --hash 5f0c…
    """
    house, me = wiring.house_of(config), operator()
    _require_hash(house, me, number, hash_, "reject")
    sweep.reject(house, me, number, seen=hash_)
    say(f"deletion run {number} is void")


def _require_hash(house: House, me: Caller, number: int, hash_: str, deed: str) -> None:
    """Show what is decided on, where nobody says that he has read it."""
    if hash_:
        return
    found = sweep.plan_of(house, me, number)
    show(_line(found), as_json=False)
    for one in found.counts:
        show(_answered(one), as_json=False)
    raise Refused(
        "sweep.not_named",
        f"Nothing was changed. To {deed} exactly this: postlotse sweep {deed} {number}"
        f" --hash {found.hash}",
    )


def _answered(count: Mapping[str, object]) -> dict[str, object]:
    """A count as the preview says it; where it was kept, it names what goes as "not kept"."""
    answer = _GOES if count["keep"] == Keep.NOT.value else count["keep"]
    return {
        "postbox": count["postbox"] or "-",
        "agency": count["agency"] or "-",
        "answer": answer,
        "mails": count["number"],
    }


def _line(plan: StoredPlan) -> dict[str, object]:
    return {
        "run": plan.id,
        "kind": plan.kind,
        "state": plan.state.value,
        "day": plan.day.isoformat(),
        "made_by": plan.made_by,
        "reference": plan.reference or "-",
        "hash": plan.hash,
    }


def _show_proof(found: sweep_proof.Proof, *, as_json: bool) -> None:
    if as_json:
        emit(sweep_proof.as_json(found))
    else:
        for line in sweep_words.proof_lines(found):
            say(line)
    if not found.is_complete:
        raise typer.Exit(1)
