"""`postlotse doctor`: is everything right on this machine?"""

from collections.abc import Iterator
from dataclasses import asdict

import typer

from triage.cli.console import DEFAULT_CONFIG, ConfigOption, JsonOption, emit, say
from triage.cli.sign_in_look import sign_in
from triage.doctor import examine as doctor
from triage.doctor.finding import Grade
from triage.settings import Settings, load

_WORDS = {Grade.GOOD: "gut    ", Grade.WARN: "WARNUNG", Grade.BAD: "FEHLER "}


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("doctor")(examine)


def examine(config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False) -> None:
    """Try everything once, reading only: database, postboxes, outlets, certificates, disks.

    One line a finding, with the remedy in German. Exit code 1 if anything is wrong.

    Example: postlotse doctor --config /etc/postlotse/postlotse.toml
    """
    found: list[doctor.Finding] = []
    for finding in _findings(load(config), found):
        found.append(finding)
        if as_json:
            emit(asdict(finding))
        else:
            say(f"{_WORDS[finding.grade]} {finding.name}: {finding.message}")
            if finding.remedy:
                say(f"        → {finding.remedy}")
    if not as_json:
        say(_sum(found))
    if doctor.worst(tuple(found)) is Grade.BAD:
        raise typer.Exit(1)


def _findings(settings: Settings, found: list[doctor.Finding]) -> Iterator[doctor.Finding]:
    yield from doctor.examine(settings)
    yield from sign_in(settings, found)


def _sum(found: list[doctor.Finding]) -> str:
    grades = [one.grade for one in found]
    return (
        f"{len(found)} Befunde: {grades.count(Grade.BAD)} Fehler,"
        f" {grades.count(Grade.WARN)} Warnungen."
    )
