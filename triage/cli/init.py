"""`postlotse init`: the first configuration, asked for or taken from flags."""

import os
import shlex
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Final

import typer

from rules.errors import Conflict, Refused, TryLater
from triage import settings, wiring
from triage.cli import first_config
from triage.cli.console import say
from triage.cli.first_config import Answers, Kind

_Ask = Callable[[str, str], str]
"""Gives the answer to a question, which has a default."""

_SERVERS: Final = {
    Kind.EXCHANGE: ("Address of EWS", "https://mail.dienst.example/EWS/Exchange.asmx"),
    Kind.IMAP: ("IMAP server", "imap.dienst.example"),
    Kind.MAILDIR: ("Folder of the Maildir", "/var/mail/postlotse"),
}


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("init")(init)


def init(  # noqa: PLR0913 - one option for each question
    config: Annotated[Path, typer.Option("--config", "-c", help="The file to write.")] = Path(
        "postlotse.toml"
    ),
    *,
    kind: Annotated[Kind | None, typer.Option(help="Where the postbox lies.")] = None,
    name: Annotated[str, typer.Option(help="Its name in ledger and log, for ever.")] = "",
    region: Annotated[str, typer.Option(help="Its region, as in domain/sc_regions.csv.")] = "",
    server: Annotated[str, typer.Option(help="Host, address of EWS, or folder.")] = "",
    user: Annotated[str, typer.Option(help="The login.")] = "",
    mailbox: Annotated[str, typer.Option(help="Exchange: address of the postbox.")] = "",
    database: Annotated[str, typer.Option(help="sqlite:///… or postgresql://…")] = "",
    eakte: Annotated[str, typer.Option(help="Folder shared with the eAkte.")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing; defaults for the rest.")] = False,
) -> None:
    """Write a commented configuration and a file of fresh secrets; refuses to overwrite.

    Example: postlotse init --kind imap --name SC-Ost --region Ost --server imap.dienst.example
    """
    env = config.with_suffix(".env")
    for path in (config, env):
        if path.exists():
            raise Conflict("init.exists", f"{path} is there already; nothing was changed.")
    given = {
        "name": name,
        "region": region,
        "server": server,
        "user": user,
        "mailbox": mailbox,
        "database": database,
        "eakte": eakte,
    }
    answers = _answers(kind, given, _default if yes else _asked)
    _write_both(config, env, answers)
    _tell_next(config, env, answers)


def _answers(kind: Kind | None, given: Mapping[str, str], ask: _Ask) -> Answers:
    """What was given by flags; the rest is asked for, in the order of the file."""
    chosen = kind or _kind(ask("Postbox on exchange, imap or maildir", "imap"))
    where, example = _SERVERS[chosen]
    regions = ", ".join(sorted(wiring.load_directory().region_names()))

    def answer(name: str, question: str, default: str) -> str:
        return given[name] or ask(question, default)

    return Answers(
        kind=chosen,
        name=answer("name", "Name of the postbox", "SC-West"),
        region=answer("region", f"Region ({regions})", "West"),
        server=answer("server", where, example),
        user="" if chosen is Kind.MAILDIR else answer("user", "Login", "postlotse@dienst.example"),
        mailbox=answer("mailbox", "Address of the postbox", "sc-west@dienst.example")
        if chosen is Kind.EXCHANGE
        else "",
        database=answer("database", "Database", "sqlite:///var/postlotse.sqlite"),
        eakte=answer("eakte", "Folder shared with the eAkte", "/mnt/eakte"),
    )


def _tell_next(config: Path, env: Path, answers: Answers) -> None:
    say(f"{config} and {env} are written, readable for you only.")
    if answers.password_variable:
        say(f"Put the password of {answers.name} into {env} ({answers.password_variable}).")
    # By the whole path: dash looks for a bare name along PATH only (POSIX.1-2017, dot).
    shell = f"set -a; . {shlex.quote(str(env.resolve()))}; set +a"
    say(f"The service reads it by EnvironmentFile={env.resolve()}; a shell by {shell}")
    say(f"Next: postlotse migrate -c {config}, then: postlotse doctor -c {config}")


def _default(_question: str, default: str) -> str:
    return default


def _kind(typed: str) -> Kind:
    try:
        return Kind(typed.strip().lower())
    except ValueError as exc:
        raise Refused(
            "init.kind", f"{typed!r} is no kind of postbox. Remedy: one of {', '.join(Kind)}."
        ) from exc


def _asked(question: str, default: str) -> str:
    """What was typed. Raises: Refused: `init.no_answer`; KeyboardInterrupt, as anywhere else."""
    try:
        return str(typer.prompt(question, default=default))
    except typer.Abort as exc:
        if isinstance(exc.__context__, KeyboardInterrupt):
            raise KeyboardInterrupt from exc
        raise Refused(
            "init.no_answer",
            f"Nobody answers {question!r}, and nothing was written. Remedy: run it at a terminal,"
            " or give flags with --yes.",
        ) from exc


def _write_both(config: Path, env: Path, answers: Answers) -> None:
    """The configuration last: where it is, the secrets are there, too."""
    text = first_config.toml_of(answers, env_name=env.name)
    found = settings.check(tomllib.loads(text), base=config.resolve().parent)
    regions = wiring.load_directory().region_names()
    unknown = sorted({box.region for box in found.postboxes} - set(regions))
    if unknown:
        raise Refused(
            "init.region",
            f"There is no region {unknown[0]!r}. Remedy: one of {', '.join(sorted(regions))}.",
        )
    _write_new(env, first_config.env_of(answers))
    _write_new(config, text)


def _write_new(path: Path, text: str) -> None:
    """A new file for its owner only; never through a link, never over another."""
    try:
        number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as exc:
        raise Conflict("init.exists", f"{path} is there already; nothing was changed.") from exc
    except OSError as exc:
        raise TryLater(
            "init.folder",
            f"{path} can't be written ({type(exc).__name__}). Remedy: make its folder.",
        ) from exc
    with os.fdopen(number, "w", encoding="utf-8") as file:
        file.write(text)
