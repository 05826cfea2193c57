"""The automation guide keeps its word: each example runs in order, each answer is compared."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from api.app import make_app
from api.doors import ApiKey
from api.serve import start_in_thread
from rules.codes import Role
from tests import house_fixture
from tests.api.small_door import door_settings
from tests.quick_key import quick_key

GUIDE = Path(__file__).resolve().parents[2] / "docs/automation.md"
ADDRESS = "http://127.0.0.1:8080"
BLOCK = re.compile(r"^```(bash|json)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ANYTHING = "…"


@dataclass(frozen=True, slots=True)
class Example:
    """One block of commands, and the answer that the guide promises below it, if any."""

    commands: str
    promised: object | None


def examples(guide: str) -> list[Example]:
    """In order; an answer belongs to the commands right before it."""
    found: list[Example] = []
    for kind, text in BLOCK.findall(guide):
        if kind == "bash":
            found.append(Example(text, None))
        else:
            assert found[-1].promised is None, f"two answers below one block: {text}"
            found[-1] = Example(found[-1].commands, json.loads(text))
    return found


def differences(promised: object, came: object, where: str = "answer") -> list[str]:
    """Where the answer is not as promised; it may hold more keys than the guide shows."""
    if promised == ANYTHING:
        return []
    if isinstance(promised, dict) and isinstance(came, dict):
        missing = [f"{where}.{key} is missing" for key in promised if key not in came]
        return missing + [
            found
            for key in promised.keys() & came.keys()
            for found in differences(promised[key], came[key], f"{where}.{key}")
        ]
    if isinstance(promised, list) and isinstance(came, list) and len(promised) == len(came):
        pairs = zip(promised, came, strict=True)
        return [d for n, (p, c) in enumerate(pairs) for d in differences(p, c, f"{where}[{n}]")]
    return [] if promised == came else [f"{where} is {came!r}, not {promised!r}"]


@pytest.fixture
def desk(tmp_path: Path, fresh_database: Path) -> Iterator[dict[str, str]]:
    """An empty house on a free port; the environment of the commands."""
    shutil.copy(fresh_database, tmp_path)
    house = house_fixture.open_house(house_fixture.sqlite_url(tmp_path))
    key, hashed = quick_key("sc-west")
    admin_key, admin_hashed = quick_key("admin")
    keys = (ApiKey("sc-west", hashed, Role.AUTOMATION), ApiKey("admin", admin_hashed, Role.ADMIN))
    server = start_in_thread(make_app(house, door_settings(keys=keys)))
    yield {"ADDRESS": server.url, "KEY": key, "ADMIN_KEY": admin_key}
    server.stop()
    house.db.close()


def run(commands: str, desk: dict[str, str], folder: Path) -> str:
    """What the commands printed; they must end well."""
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", commands.replace(ADDRESS, desk["ADDRESS"])],
        cwd=folder,
        env={**os.environ, **desk, "no_proxy": "127.0.0.1"},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0, f"{commands}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def test_every_example_of_the_guide_does_what_it_says(desk: dict[str, str], tmp_path: Path) -> None:
    folder = tmp_path / "caller"
    folder.mkdir()
    wrong = []
    for example in examples(GUIDE.read_text(encoding="utf-8")):
        said = run(example.commands, desk, folder)
        if example.promised is not None:
            found = differences(example.promised, json.loads(said))
            wrong += [f"{line}\n{example.commands}" for line in found]
    assert wrong == []


def test_every_example_calls_the_house_and_the_guide_shows_enough_of_them() -> None:
    found = examples(GUIDE.read_text(encoding="utf-8"))
    assert len(found) >= 15
    assert [e.commands for e in found if f"{ADDRESS}/" not in e.commands] == []
    assert [e.commands for e in found if e.promised is None and "cmp " not in e.commands] == []


@pytest.mark.parametrize(
    ("promised", "came"),
    [
        ({"state": "sorted"}, {"state": "kept"}),
        ({"item_id": 1}, {}),
        ([{"code": "au"}], []),
        ({"due": None}, {"due": "2026-11-24"}),
        ({"verdict": {"review": False}}, {"verdict": {"review": True, "due": None}}),
    ],
)
def test_a_wrong_answer_is_noticed(promised: object, came: object) -> None:
    assert differences(promised, came) != []


def test_a_command_that_fails_is_noticed(desk: dict[str, str], tmp_path: Path) -> None:
    with pytest.raises(AssertionError):
        run(f"curl -sS --fail-with-body {ADDRESS}/v1/mails/1", desk, tmp_path)
