"""The API's process dies after each commit of a call, and the client repeats it with its key.

A process of its own for each point, ended by SIGKILL. The next one gets the repetition when the
turn of the first is over. Then all rows are what one undisturbed call leaves, the trail too.
"""

import json
import re
import shutil
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from store.database.columns import metadata
from store.database.engine import Database
from tests.conftest import TEMPLATE
from tests.journey.calls_to_kill import CALLS, lay_ready
from tests.servers.victims import Victim, Victims
from triage.idempotency import RUN_SECONDS

pytestmark = pytest.mark.journey

ON_POSTGRESQL = ("aside", "take back")
"""A database for each process is slow there."""
NOT_COMPARED = {"idempotency", "lease", "session"}

Fresh = Callable[[str], str]


@pytest.fixture(scope="module")
def victims(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Victims]:
    with Victims(tmp_path_factory.mktemp("victims"), "tests.servers.killed_calls") as victims:
        yield victims


def on_sqlite(request: pytest.FixtureRequest, folder: Path) -> tuple[str, Fresh]:
    base = folder / "base.sqlite"
    shutil.copyfile(request.getfixturevalue("sqlite_template"), base)

    def fresh(name: str) -> str:
        shutil.copyfile(base, folder / f"{name}.sqlite")
        return f"sqlite:///{folder / name}.sqlite"

    return f"sqlite:///{base}", fresh


def on_postgresql(request: pytest.FixtureRequest, folder: Path) -> tuple[str, Fresh]:
    server = request.getfixturevalue("postgres")

    def fresh(name: str) -> str:
        made = f"killed_{name.replace(' ', '_')}"
        request.addfinalizer(lambda: server.drop(made))
        return server.create(made, template="killed")

    request.addfinalizer(lambda: server.drop("killed"))
    return server.create("killed", template=TEMPLATE), fresh


@pytest.mark.parametrize(
    ("engine", "names"),
    [(on_sqlite, tuple(CALLS)), (on_postgresql, ON_POSTGRESQL)],
    ids=["sqlite", "postgresql"],
)
def test_killed_after_any_commit_and_repeated_a_call_has_done_its_deed_once(
    request, tmp_path, victims, engine, names
):
    base, fresh = engine(request, tmp_path)
    ready = lay_ready(base)
    files = {name: written(tmp_path / name, CALLS[name](ready)) for name in names}
    whole = {name: (fresh(name), files[name]) for name in names}
    now, later = written(tmp_path / "now", 0), written(tmp_path / "later", RUN_SECONDS + 1)
    ended = together(victims, whole, now, kill_at=dict.fromkeys(whole, 0))
    assert {name: told[-1][:1] for name, told in ended.items()} == dict.fromkeys(names, "2")
    points = {
        f"{name} {number}": (name, number)
        for name, told in ended.items()
        for number in range(1, told.count("commit"))
    }
    assert len(points) >= 2 * len(names), "each has a commit before the deed, and one after it"
    cut = {point: (fresh(point), files[name]) for point, (name, _) in points.items()}
    died = together(victims, cut, now, kill_at={p: number for p, (_, number) in points.items()})
    assert {point: told[-1] for point, told in died.items()} == dict.fromkeys(points, "commit")
    again = together(victims, cut, later, kill_at=dict.fromkeys(cut, 0))
    for point, (name, _) in points.items():
        assert rows(cut[point][0]) == rows(whole[name][0]), (point, again[point])
        assert again[point][-1][:1] == "2" or again[point][-1].endswith(".answer_lost"), point


def written(file: Path, said: Any) -> Path:
    file.write_text(json.dumps(said))
    return file


def together(
    victims: Victims,
    calls: dict[str, tuple[str, Path]],
    when: Path,
    *,
    kill_at: dict[str, int],
) -> dict[str, list[str]]:
    """All these calls at the same time, each on its database; what each process told."""
    running: dict[str, Victim] = {
        name: victims.start("call", url, file, when, "killed", kill_at[name])
        for name, (url, file) in calls.items()
    }
    for victim in running.values():
        victim.wait_for("", "Z")
    return {name: victim.told for name, victim in running.items()}


def rows(url: str) -> list[str]:
    """All of all tables, without moments and random words."""
    db = Database.open(url)
    try:
        with db.read() as tx:
            return sorted(
                f"{table.name} {_steady(dict(row))}"
                for table in metadata.sorted_tables
                if table.name not in NOT_COMPARED
                for row in tx.run(sa.select(table)).mappings()
            )
    finally:
        db.close()


def _steady(row: dict[str, Any]) -> str:
    kept = {
        name: value
        for name, value in row.items()
        if not isinstance(value, datetime) and "token" not in name
    }
    return re.sub(r"20\d\d-\d\d-\d\dT[\d:.+]+", "<when>", str(kept))
