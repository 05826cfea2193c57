"""Is the house fit to work? For /health/ready and the log."""

from dataclasses import dataclass

from triage.house import House


@dataclass(frozen=True, slots=True)
class Check:
    """One neighbour: a stable name, whether it answers, and a German remedy where not.

    `needed` False means: the house goes on without it (one postbox away of five).
    """

    name: str
    ok: bool
    needed: bool
    message: str
    remedy: str = ""


def ready(house: House) -> tuple[Check, ...]:
    """Database, migrations, model, texts, and each postbox as the worker last found it."""
    raise NotImplementedError
