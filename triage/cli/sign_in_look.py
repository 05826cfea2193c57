"""The doctor's look at how people come in; here, as only the command line knows the doors.

The service's own description is read, as the doors read it; nobody signs in, so that a wrong
secret of the client shows at the first sign-in only. Source: F59; own decision 0056.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from api.oidc.provider import Provider
from rules.errors import HouseError
from triage.cli.door import sign_in_plan
from triage.doctor.finding import Finding, Grade, bad, good
from triage.settings import Settings
from triage.wiring.judging import load_directory

_REMEDIES = {
    "signin.issuer": "`oidc.issuer` Zeichen für Zeichen so eintragen, wie der Dienst sich nennt.",
    "signin.host": "Den Rechner in `outgoing.hosts` aufnehmen.",
    "signin.answer": "`oidc.issuer` prüfen: Dort antwortet kein Anmeldedienst.",
}


def sign_in(settings: Settings, before: Sequence[Finding]) -> Iterator[Finding]:
    """Whether the service is the one that the configuration names.

    `before`: what was found so far; what keeps us from asking is told once.
    """
    yield from _strange_places(settings)
    if settings.desk.demo:
        return
    if settings.oidc is None:
        yield good(
            "signin", "Kein Anmeldedienst ([oidc]): Nur Programme mit Schlüsseln kommen herein."
        )
        return
    told = {one.name for one in before if one.grade is Grade.BAD}
    secrets = {settings.oidc.client_secret_env, settings.oidc.pseudonym_key_env}
    if told & {"signin:certificate", *(f"secrets:{name}" for name in secrets)}:
        return
    try:
        plan = sign_in_plan(settings)
        if plan is not None:
            Provider(plan, lambda: datetime.now(tz=UTC)).metadata()
    except HouseError as exc:
        remedy = _REMEDIES.get(exc.code, "Namen, Port und Netzfreigabe prüfen.")
        yield bad("signin", f"{exc.message} [{exc.code}]", remedy)
    else:
        yield good("signin", "Der Anmeldedienst nennt sich, wie es in [oidc] steht.")


def _strange_places(settings: Settings) -> Iterator[Finding]:
    """Groups and keys that are bound to a place which there is not: they see nothing, silently."""
    directory = load_directory()
    regions = directory.region_names()
    for kind, given in (("groups", settings.groups), ("keys", settings.keys)):
        for one in given:
            strange = [name for name in one.regions or () if name not in regions]
            strange += [code for code in one.agencies or () if directory.agency(code) is None]
            if strange:
                told = (
                    f"{one.name}: {', '.join(strange)} gibt es nicht; wer so kommt, sieht nichts."
                )
                yield bad(f"{kind}:{one.name}", told, f"Im Abschnitt [[{kind}]] berichtigen.")
