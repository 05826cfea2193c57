"""Commands for the life of a model: list, card, activate, rollback, shadow, shadow-report."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rules.errors import Refused
from triage import wiring
from triage.cli.console import (
    DEFAULT_CONFIG,
    ConfigOption,
    JsonOption,
    operator,
    say,
    settings_or_default,
    show,
)

if TYPE_CHECKING:
    # Loads numpy and the lexicon; only what judges needs it.
    from classify.life.shelf import Shelf

model_app = typer.Typer(help="Models: candidates, the live one, the shadow.", no_args_is_help=True)

IdArgument = Annotated[str, typer.Argument(help="The model's id, as `model list` shows it.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.add_typer(model_app, name="model")


@model_app.command("list")
def model_list(config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False) -> None:
    """List all models with the figures of the gate; the live one and the shadow are marked.

    Example: postlotse model list
    """
    shelf = _shelf(config)
    states = {shelf.shadow(): "shadow", shelf.live(): "live"}
    for model_id in shelf.ids():
        record = shelf.record(model_id)
        measured = record.measured
        row = {
            "id": model_id,
            "state": states.get(model_id, "candidate"),
            "mails": record.mails,
            "payment_recall": round(measured.payment_recall, 4) if measured else None,
            "macro_f1": round(measured.macro_f1, 4) if measured else None,
            "split": measured.split_sha256[:12] if measured else None,
        }
        show(row, as_json=as_json)


@model_app.command("card")
def model_card(model_id: IdArgument, config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Print a model's card: what it was made of, how good it is, what it can't do.

    Example: postlotse model card 0c1f6f0e5a3b-9d2e8c41
    """
    say(_shelf(config).model_path(model_id).with_suffix(".md").read_text(encoding="utf-8"))


@model_app.command("activate")
def model_activate(
    model_id: IdArgument,
    despite: Annotated[
        str, typer.Option(help="Written reason to pass the gate although the model is worse.")
    ] = "",
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Let a model go live if it passes the gate; workers take it at their next start.

    Example: postlotse model activate 0c1f6f0e5a3b-9d2e8c41
    """
    shelf = _shelf(config)
    shelf.activate(model_id, at=datetime.now(tz=UTC), by=operator().name, despite=despite)
    say(f"{model_id} is live; restart the workers and the desk")


@model_app.command("rollback")
def model_rollback(
    to: Annotated[str, typer.Option(help="The model before the live one, by its id.")] = "",
    reason: Annotated[str, typer.Option(help="Why; it stands in the history.")] = "",
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Let the model before the live one go live again, without a gate.

    Without --to it only tells which one that is; repeated with it, it goes back once.

    Example: postlotse model rollback --to 0c1f6f0e5a3b-9d2e8c41 --reason "zu viele falsche Umzüge"
    """
    shelf = _shelf(config)
    if not to:
        raise Refused(
            "model.not_named",
            f"Nothing was changed; {shelf.live()} is live. To go back from it:"
            f" postlotse model rollback --to {shelf.before()}",
        )
    if shelf.rollback(to, at=datetime.now(tz=UTC), by=operator().name, reason=reason):
        say(f"{to} is live again; restart the workers and the desk")
    else:
        say(f"{to} is live already; nothing was changed")


@model_app.command("shadow")
def model_shadow(
    model_id: Annotated[str, typer.Argument(help="The model's id, or `off`.")],
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Let a model judge beside the live one; only differences are counted, without any text.

    Example: postlotse model shadow 0c1f6f0e5a3b-9d2e8c41
    """
    chosen = None if model_id == "off" else model_id
    _shelf(config).set_shadow(chosen, at=datetime.now(tz=UTC), by=operator().name)
    say(f"shadow: {chosen or 'none'}; restart the workers")


@model_app.command("shadow-report")
def model_shadow_report(
    model_id: Annotated[
        str, typer.Argument(help="A former shadow; the present one if empty.")
    ] = "",
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Tell how the shadow differed from the live model, code by code.

    Example: postlotse model shadow-report --json
    """
    from classify.life import shadow  # noqa: PLC0415 - loads numpy and the lexicon

    shelf = _shelf(config)
    chosen = model_id or shelf.shadow()
    if model_id and model_id not in shelf.ids() and not shelf.all_shadow_counts(model_id):
        raise Refused(
            "model.unknown",
            f"Nothing is known of a model {model_id!r}. Remedy: an id of `postlotse model list`.",
        )
    found = shadow.report(shelf.all_shadow_counts(chosen) if chosen else ())
    show({"live": shelf.live(), "shadow": chosen, "mails": found.mails}, as_json=as_json)
    for row in found.codes:
        counts = {"both": row.both, "live_only": row.live_only, "shadow_only": row.shadow_only}
        show({"code": row.code, **counts}, as_json=as_json)
    for name, number in found.changes:
        show({"change": name, "mails": number}, as_json=as_json)


def _shelf(config: Path) -> "Shelf":
    return wiring.model_shelf(settings_or_default(config))
