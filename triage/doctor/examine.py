"""`postlotse doctor`: everything that must be right on this machine, tried once, with remedies.

Unlike `/health/ready`, which tells how the loops went, the doctor tries by itself: it logs in,
lists folders, shakes hands, measures disks. It reads only; no mail, no mark, no row is changed.
Source: F59; own decision 0045.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Final

from rules.errors import HouseError
from store.mails import verdicts
from triage import wiring
from triage.doctor import neighbours, safe, standby, trail, ways
from triage.doctor.finding import Finding, Grade, bad, good, of_error, warn
from triage.house import House
from triage.settings import Settings, secret
from triage.watch import alarm_words, health, outgoing_alarms
from triage.watch.health import Check

__all__ = ["Finding", "Grade", "Step", "examine", "worst"]

LATELY: Final = timedelta(minutes=15)
JUDGED_LATELY: Final = 2000
"""Verdicts looked at: at most what a house judges in that time. Own decision 0029."""

SECRET_BYTES: Final = 32
"""As the doors demand (api/doors.py). Source: RFC 2104 section 3."""


class Step(StrEnum):
    """What is looked at, in this order."""

    SECRETS = "secrets"
    STORE = "store"
    DATA = "data"
    POSTBOXES = "postboxes"
    OUTLETS = "outlets"
    NEIGHBOURS = "neighbours"
    DOOR = "door"
    DISKS = "disks"
    SCANNER = "scanner"
    LOOPS = "loops"
    MATTERS = "matters"


@dataclass(frozen=True, slots=True)
class _Patient:
    """What the steps look at; `house` is None where the database or the data can't be had."""

    settings: Settings
    house: House | None


def examine(settings: Settings) -> Iterator[Finding]:
    """All findings, step by step, as they are made. Never raises: a trouble is a finding.

    Takes as long as the slowest server's time-out, at worst (`timeout_seconds` each).
    """
    yield from _secrets(settings)
    yield from safe.database_line(settings)
    house, troubles = _opened(settings)
    yield from troubles
    patient = _Patient(settings, house)
    for step, look in _STEPS.items():
        try:
            yield from look(patient)
        except HouseError as exc:
            yield of_error(step.value, exc)
    if house is not None:
        house.db.close()


def worst(findings: tuple[Finding, ...]) -> Grade:
    """The gravest of them; the exit code is 1 for `bad`."""
    return max((one.grade for one in findings), key=list(Grade).index, default=Grade.GOOD)


def _secrets(settings: Settings) -> Iterator[Finding]:
    """Every environment variable that the configuration names."""
    name = Step.SECRETS.value
    for variable in _variables(settings):
        try:
            secret(variable)
        except HouseError:
            yield bad(
                f"{name}:{variable}",
                f"Die Umgebungsvariable {variable} ist nicht gesetzt.",
                "In der Diensteinheit oder Container-Umgebung setzen und neu starten.",
            )
    keys = [settings.desk.session_secret_env]
    if settings.oidc is not None:
        keys.append(settings.oidc.pseudonym_key_env)
    for variable in keys:
        try:
            long_enough = len(secret(variable).encode()) >= SECRET_BYTES
        except HouseError:
            continue
        if not long_enough:
            yield bad(
                f"{name}:{variable}",
                f"{variable} ist kürzer als {SECRET_BYTES} Byte.",
                "Neu erzeugen mit `openssl rand -base64 48`.",
            )
    yield from safe.open_files(settings, _variables(settings))


def _variables(settings: Settings) -> tuple[str, ...]:
    named = [getattr(box, "password_env", "") for box in settings.postboxes]
    if not settings.desk.demo:
        named.append(settings.desk.session_secret_env)
    if settings.replies.outlet == "smtp":
        named.append(settings.replies.password_env)
    if settings.oidc is not None:
        named += [settings.oidc.client_secret_env, settings.oidc.pseudonym_key_env]
    named += [hook.secret_env for hook in settings.webhooks]
    named += [hook.secret_env for hook in settings.tasks.hooks]
    if settings.rights.ldap is not None:
        named.append(settings.rights.ldap.password_env)
    return tuple(dict.fromkeys(name for name in named if name))


def _opened(settings: Settings) -> tuple[House | None, tuple[Finding, ...]]:
    try:
        house = wiring.open_house(settings)
    except HouseError as exc:
        return None, (of_error(Step.STORE.value, exc),)
    return house, ()


def _store(patient: _Patient) -> Iterator[Finding]:
    if patient.house is not None:
        patient.house.db.ping()
        yield good("store", f"Die Datenbank antwortet ({patient.house.db.dialect}).")
        yield from ways.clock(patient.house)
        yield from safe.keys(patient.house)
        yield from standby.standbys(patient.settings, patient.house)
        yield from trail.fits_anchor(patient.settings, patient.house)


def models_in_use(house: House) -> Iterator[Finding]:
    """A worker takes another model at its next start only, and each machine has its own shelf."""
    since = house.clock() - LATELY
    with house.db.read() as tx:
        found = verdicts.models_since(tx, since, most=JUDGED_LATELY)
    others = sorted(found - {house.judging.judge.model_id})
    if others:
        yield warn(
            "data:models",
            "In der letzten Viertelstunde hat auch ein anderes Modell geurteilt:"
            f" {', '.join(others)}.",
            "Gerade gewechselt? Später noch einmal fragen. Sonst Worker und Arbeitsplatz auf allen"
            " Maschinen neu starten; `postlotse model list` muss überall dasselbe „live“ nennen.",
        )


def _data(patient: _Patient) -> Iterator[Finding]:
    """Model and texts were checked when the house was opened; here they are named."""
    house = patient.house
    if house is None:
        return
    yield good("data:model", "Das Modell ist da, und seine Signatur stimmt.")
    yield from models_in_use(house)
    number = len(house.texts.all())
    yield good("data:texts", f"{number} freigegebene Texte stimmen mit ihrer Freigabe überein.")


def _loops(patient: _Patient) -> Iterator[Finding]:
    """How the worker's loops last went, as `/health/ready` tells."""
    if patient.house is None:
        return
    for check in health.ready(patient.house):
        # Dead letters are told by kind, as an open matter.
        if check.name in {"database", outgoing_alarms.DEAD}:
            continue
        name = f"loops:{check.name}"
        if not check.ok:
            yield bad(name, _in_words(check), check.remedy)


def _in_words(check: Check) -> str:
    """In German where it is an alarm or a code that this page knows, else as it was told."""
    alarm = alarm_words.said(check.name, stands=True)
    if alarm:
        return f"{alarm[0]} ({check.message})"
    return _SAID.get(check.message, check.message)


_SAID: Final = {"silent": "Seit fünf Minuten kein Lebenszeichen (silent)."}
"""Codes of checks that say nothing to whoever reads German."""


def _disks(patient: _Patient) -> Iterator[Finding]:
    for name, folder in _folders(patient.settings):
        yield from ways.disk(f"disks:{name}", folder)


def _folders(settings: Settings) -> Iterator[tuple[str, Path]]:
    file = wiring.database_file(settings)
    if file is not None:
        yield "store", _there_or_above(file.parent)
    yield "eakte", settings.eakte.drop
    if settings.replies.outlet == "maildir":
        yield "sent", _there_or_above(settings.replies.sent_root)
    elif settings.replies.left_notes is not None:
        yield "left", settings.replies.left_notes
    yield from ((box.name, box.root) for box in settings.postboxes if hasattr(box, "root"))
    if settings.tasks.drop is not None:
        yield "tasks", settings.tasks.drop
    if settings.trail.anchor is not None:
        yield "anchor", settings.trail.anchor.parent


def _there_or_above(folder: Path) -> Path:
    """The folder, or the nearest above it: `migrate` and the first answer make the rest."""
    return next((one for one in (folder, *folder.parents) if one.is_dir()), folder)


def _postboxes(patient: _Patient) -> Iterator[Finding]:
    yield from ways.postboxes(patient.settings, patient.house)
    if patient.house is not None:
        yield from safe.left_postboxes(patient.settings, patient.house)
        yield from safe.other_kinds(patient.settings, patient.house)


def _outlets(patient: _Patient) -> Iterator[Finding]:
    yield from ways.outlets(patient.settings)
    yield from neighbours.task_folders(patient.settings)


_STEPS: Final[dict[Step, Callable[[_Patient], Iterator[Finding]]]] = {
    Step.STORE: _store,
    Step.DATA: _data,
    Step.POSTBOXES: _postboxes,
    Step.OUTLETS: _outlets,
    Step.NEIGHBOURS: lambda patient: neighbours.certificates(patient.settings),
    Step.DOOR: lambda patient: ways.door(patient.settings),
    Step.DISKS: _disks,
    Step.SCANNER: lambda patient: safe.scanner(patient.settings),
    Step.LOOPS: _loops,
    Step.MATTERS: lambda patient: ways.matters(patient.house),
}
