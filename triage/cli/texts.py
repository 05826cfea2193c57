"""Commands for the life of texts: check, approve, lint, list, show, diff, import, export."""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from rules.errors import Refused
from rules.rulesets.finding import Finding, Level, has_errors
from rules.texts.approved import approval_line
from rules.texts.diff import Mark, Piece
from rules.texts.language import Language
from rules.texts.use import SMALL_CELL, told
from store.approved import texts as shelf
from store.approved.texts import APPROVALS, APPROVALS_SECOND, ShelvedText
from triage import wiring
from triage.cli.console import (
    DEFAULT_CONFIG,
    ConfigOption,
    JsonOption,
    VersionOption,
    emit,
    operator,
    read_text,
    say,
    show,
)
from triage.texts import life as text_life
from triage.texts import stock as text_stock
from triage.texts import view as text_view
from triage.texts.export import approvals_of, files_of

TextArgument = Annotated[str, typer.Argument(help="The text's id, <concern>.<name>.")]
FileArgument = Annotated[Path, typer.Argument(help="The text file, <folder>/<name>.txt.")]


texts_app = typer.Typer(help="Texts: their life, files, checks.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add `postlotse texts` to the application."""
    app.add_typer(texts_app, name="texts")
    for name, command in (
        ("check", texts_check),
        ("approve", texts_approve),
        ("lint", texts_lint),
        ("list", texts_list),
        ("show", texts_show),
        ("diff", texts_diff),
        ("import", texts_import),
        ("export", texts_export),
    ):
        texts_app.command(name)(command)


def texts_check(
    folder: Annotated[
        Path | None, typer.Argument(help="Folder of texts; the house's own by default.")
    ] = None,
) -> None:
    """Check all texts against their approvals; exit code 1 if one does not fit.

    Example: postlotse texts check
    """
    findings = shelf.check(folder or wiring.texts_folder())
    for finding in findings:
        say(f"{finding.path}: {finding.message} [{finding.code}]")
    if findings:
        raise typer.Exit(1)
    say("all texts are approved, word for word")


def texts_approve(
    path: FileArgument,
    author: Annotated[str, typer.Option(help="Function that wrote it, no person.")],
    approved_by: Annotated[str, typer.Option(help="Function that approves it; another one.")],
) -> None:
    """Print the entry for approvals.toml (of a second text, approvals_second.toml) of these bytes.

    Example: postlotse texts approve au/eingang.txt --author Fachlichkeit --approved-by Datenschutz
    """
    text, digest = shelf.read_one(path)
    today = datetime.now(tz=UTC).date()
    say(
        approval_line(
            text, sha256=digest, author=author, approved_by=approved_by, approved_on=today
        )
    )


def texts_lint(
    file: FileArgument, config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False
) -> None:
    """Check a text file: errors and hints with line and remedy; exit code 1 on errors.

    Example: postlotse texts lint au/eingang.txt
    """
    house = wiring.house_of(config)
    checked = text_life.check(
        house, operator(), _id_of(file), read_text(file, code="text.file_unreadable")
    )
    _tell(checked.findings, as_json=as_json)
    if checked.text is None or has_errors(checked.findings):
        raise typer.Exit(1)
    if not as_json:
        say(f"{_id_of(file)}: fit to be approved")


def texts_list(config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False) -> None:
    """List all versions with state, last day and uses of 30 days; few uses are not told.

    Example: postlotse texts list --json
    """
    house = wiring.house_of(config)
    uses = text_view.uses(house, operator())
    for row in text_view.listing(house, operator()):
        one = row.version
        number = told(uses.get((one.text_id, one.version), 0))
        line = {
            "text": one.text_id,
            "version": one.version,
            "phase": row.phase.value,
            "regions": ",".join(one.regions) or "alle",
            "valid_to": one.valid_to.isoformat(),
            "uses": f"<{SMALL_CELL}" if number is None else number,
            "ends_soon": row.ends_soon,
        }
        show(line, as_json=as_json)


def texts_show(
    text_id: TextArgument, version: VersionOption = None, config: ConfigOption = DEFAULT_CONFIG
) -> None:
    """Show the wording of a version as its file, and what is wrong with it today.

    Example: postlotse texts show au.eingang --version 2
    """
    shown = text_view.show(wiring.house_of(config), operator(), text_id, version)
    say(shown.row.version.data.rstrip("\n"))
    say(f"-- version {shown.row.version.version}, {shown.row.phase.value}")
    _tell(shown.findings, as_json=False)


def texts_diff(
    text_id: TextArgument,
    older: Annotated[int, typer.Argument(help="One version.")],
    newer: Annotated[int, typer.Argument(help="The other.")],
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Show what differs, word by word: [-gone-] and {+new+}.

    Example: postlotse texts diff au.eingang 1 2
    """
    pieces = text_view.compared(wiring.house_of(config), operator(), text_id, older, newer)
    say("".join(map(_marked, pieces)).rstrip("\n"))


def texts_import(
    file: Annotated[
        Path | None, typer.Argument(help="A text to keep as draft; without: the files as stock.")
    ] = None,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Take in the approved files that are new, and name those that differ; or keep one as draft.

    What was taken in once is never changed by its file. Exit code 1 where files differ.

    Example: postlotse texts import au/eingang.txt
    """
    house = wiring.house_of(config)
    if file is not None:
        saved, checked = text_life.draft(
            house, operator(), _id_of(file), read_text(file, code="text.file_unreadable")
        )
        _tell(checked.findings, as_json=False)
        say(f"{saved.text_id} version {saved.version} is a draft; submit it on the page")
        return
    say(f"{text_stock.take_in(house)} texts taken in")
    found = text_stock.differences(house, operator())
    for one in found:
        say(f"{one.text_id} version {one.version}: {one.kind.value}")
    if found:
        raise typer.Exit(1)


def texts_export(
    folder: Annotated[Path, typer.Argument(help="A new or empty folder.")],
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Write all approved versions as files with approvals.toml, as `texts check` wants them.

    Retired ones are left out: a folder says what may be sent.

    Example: postlotse texts export texte
    """
    if folder.exists() and any(folder.iterdir()):
        raise Refused("texts.folder", f"{folder} is not empty; name a new folder.")
    found = [one for one in wiring.house_of(config).shelf().stock() if one.retired_on is None]
    try:
        _write(folder, found)
    except OSError as exc:
        raise Refused(
            "texts.folder",
            f"Can't write into {folder}: {exc.strerror}. Remedy: check path, rights and space.",
        ) from exc
    say(f"{len(found)} versions are in {folder}")


def _write(folder: Path, found: list[ShelvedText]) -> None:
    for name, data in files_of(found).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data.encode())
    firsts = [one for one in found if one.text.language is None]
    seconds = [one for one in found if one.text.language is not None]
    (folder / APPROVALS).write_text(approvals_of(firsts), encoding="utf-8")
    if seconds:
        (folder / APPROVALS_SECOND).write_text(approvals_of(seconds), encoding="utf-8")


def _marked(piece: Piece) -> str:
    if piece.mark is Mark.SAME:
        return piece.text
    return f"[-{piece.text}-]" if piece.mark is Mark.GONE else f"{{+{piece.text}+}}"


def _tell(findings: Iterable[Finding], *, as_json: bool) -> None:
    for one in findings:
        if as_json:
            emit({"code": one.code, "level": one.level.value, "line": one.line,
                  "message": one.message, "remedy": one.remedy})  # fmt: skip
            continue
        level = "Fehler" if one.level is Level.ERROR else "Hinweis"
        where = f"Zeile {one.line}" if one.line else "Ganzer Text"
        say(f"{level}, {where}: {one.message} {one.remedy} [{one.code}]")


def _id_of(file: Path) -> str:
    """By folder and name, as `store.approved.texts` reads it; without the number of a version."""
    name, *rest = file.name.split(".")
    second = [one for one in rest if one in set(Language)]
    return ".".join([file.resolve().parent.name, name, *second[:1]])
