"""The doctor's look at PostgreSQL's standbys: can an acknowledged mail be lost with the primary?

Source: docs/safety.md, "PostgreSQL fails over"; own decision 0135.
"""

from collections.abc import Iterator
from typing import Final

from store.database import connections
from store.upkeep import replication
from store.upkeep.replication import Replication
from triage.doctor.finding import Finding, good, warn
from triage.house import House
from triage.settings import Settings

_NAME: Final = "store:standby"
_WAITS: Final = frozenset({"on", "remote_apply"})
"""With these a standby has the commit on its disk. Source: PostgreSQL documentation,
`synchronous_commit`."""


def standbys(settings: Settings, house: House) -> Iterator[Finding]:
    """Nothing where one server stands alone. Raises: TryLater: `store.away`."""
    with house.db.read() as tx:
        found = replication.look(tx)
    if found is None:
        return
    servers = len(connections.servers_of(settings.store.url))
    yield from _of_commit(found)
    yield from _of_standbys(found, fails_over=servers > 1 or found.followers > 0)


def _of_commit(found: Replication) -> Iterator[Finding]:
    waits_for = _WAITS if found.names else _WAITS | {"local", "remote_write"}
    if found.commit not in waits_for:
        yield warn(
            f"{_NAME}:commit",
            f"synchronous_commit ist „{found.commit}“: Ein Absturz kostet Post, die dem Absender"
            " schon bestätigt ist.",
            "`synchronous_commit=on`; an store.url, am Konto oder an der Datenbank steht etwas"
            " anderes.",
        )


def _of_standbys(found: Replication, *, fails_over: bool) -> Iterator[Finding]:
    if not found.names:
        if fails_over:
            yield warn(
                _NAME,
                "Kein Commit wartet auf einen Standby. Stirbt der Primary, fehlt danach, was der"
                " Standby noch nicht hatte: Bestätigte Post ist verloren, Antworten gehen zweimal.",
                "synchronous_standby_names = 'ANY 1 (…, …)' setzen. Nach einem Ausfall ohne das:"
                " `postlotse backup reread` (docs/safety.md).",
            )
    elif found.followers < 2:
        yield warn(
            _NAME,
            f"Commits warten auf einen Standby, und es folgen {found.followers}: Fällt noch einer"
            " aus, nimmt das Haus nichts mehr an.",
            "Zwei Standbys betreiben und in synchronous_standby_names nennen.",
        )
    else:
        yield good(_NAME, "Jeder Commit wartet auf einen Standby.")
