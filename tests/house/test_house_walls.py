"""Tests about the house itself: what a stranger relies on when he opens it."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("rules", "ingest", "classify", "store", "outbox", "triage", "api")
FILES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
LONG_FILES = {"store/tables/ledger.py"}
"""Tables of data, allowed over the limit by name."""
MIGRATIONS = "store/migrations/"
"""A migration is one list of tables, never changed again."""
BROAD_EXCEPTS = {
    "api/gathering.py",
    "triage/worker.py",
    "triage/rounds.py",
    "triage/sending/turns.py",
    "api/errors.py",
    "classify/life/shadow.py",
}
"""Decisions 0006 and 0029: what outlives a bug: the worker, the HTTP door, a shadow's judging."""

SMTP_DOOR = {"ingest/smtp/desk.py", "ingest/smtp/door.py", "ingest/smtp/talk.py"}
"""Decision 0002: asyncio stays in the doors."""


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def functions(path: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return [node for node in ast.walk(tree(path)) if isinstance(node, kinds)]


@pytest.mark.parametrize("path", FILES, ids=name)
def test_no_file_over_400_lines_and_no_function_over_60(path):
    lines = path.read_text(encoding="utf-8").count("\n")
    assert lines <= 400 or name(path) in LONG_FILES
    long = [f.name for f in functions(path) if (f.end_lineno or 0) - f.lineno >= 60]
    assert long == [] or name(path).startswith(MIGRATIONS)


@pytest.mark.parametrize("path", [p for p in FILES if name(p).startswith("rules/")], ids=name)
def test_each_public_rule_names_its_source(path):
    nameless = [
        f.name
        for f in tree(path).body
        if isinstance(f, ast.FunctionDef)
        and not f.name.startswith("_")
        and "source:" not in (ast.get_docstring(f) or "").lower()
        and "own decision" not in (ast.get_docstring(f) or "").lower()
    ]
    assert nameless == []


def test_broad_excepts_stand_only_where_the_decision_allows_them():
    broad = {
        name(path)
        for path in FILES
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or getattr(node.type, "id", "") in {"Exception", "BaseException"})
        and not any(isinstance(step, ast.Raise) and step.exc is None for step in node.body)
    }
    assert broad <= BROAD_EXCEPTS


def test_asyncio_stays_in_the_doors():
    coloured = {
        name(path) for path in FILES for f in functions(path) if isinstance(f, ast.AsyncFunctionDef)
    }
    assert {path for path in coloured if not path.startswith("api/")} <= SMTP_DOOR


FOLDERS = sorted(
    path.parent
    for room in ROOMS
    for path in (ROOT / room).glob("*/**/__init__.py")
    if "migrations" not in path.parts
)
WITH_A_FACE = {"triage/settings", "triage/wiring"}
"""Decision 0125: what is one thing in several files."""


@pytest.mark.parametrize("folder", FOLDERS, ids=name)
def test_a_folder_of_a_room_says_what_it_is_and_loads_nothing(folder):
    face = tree(folder / "__init__.py")
    assert ast.get_docstring(face)
    assert len(face.body) == 1 or name(folder) in WITH_A_FACE


FILES_AT_MOST = 65


def test_no_room_is_a_heap():
    heaps = {
        name(folder): count
        for folder in [*(ROOT / room for room in ROOMS), *FOLDERS]
        if (count := len(list(folder.glob("*.py")))) > FILES_AT_MOST
    }
    assert heaps == {}


def test_each_file_of_the_store_lies_in_a_folder():
    """Decision 0146: which one it is says what the file may know."""
    assert [path.name for path in (ROOT / "store").glob("*.py")] == ["__init__.py"]


def test_the_contract_of_the_store_names_each_of_its_folders():
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    layers = next(c["layers"] for c in contracts["contracts"] if c["name"].startswith("The store"))
    named = {folder.strip() for layer in layers for folder in layer.split("|")}
    on_disk = {name(folder) for folder in FOLDERS if folder.parent == ROOT / "store"}
    assert named == {folder.replace("/", ".") for folder in on_disk}


def test_the_readme_names_every_folder_of_a_room():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    of_rooms = {folder.name for folder in FOLDERS if folder.parent.name in ROOMS}
    assert [folder for folder in sorted(of_rooms) if f"`{folder}/`" not in readme] == []


def test_the_way_tells_of_every_file_at_the_top_of_triage():
    """What is a station, and what is a tool beside it: decision 0125."""
    way = (ROOT / "docs/way.md").read_text(encoding="utf-8")
    there = [name(path) for path in (ROOT / "triage").glob("[!_]*.py")]
    assert [path for path in sorted(there) if f"`{path}`" not in way] == []


def test_the_import_contracts_name_the_rooms_on_disk():
    contract = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    on_disk = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    data_only = {"domain", "corpus", "templates_text"}
    assert set(contract["root_packages"]) == on_disk - data_only == set(ROOMS)


def test_every_cited_decision_exists_and_is_short():
    written = {path.name[:4]: path for path in (ROOT / "docs/decisions").glob("[0-9]*.md")}
    cited = {
        word.strip(".,:;)`")
        for path in [*FILES, ROOT / "pyproject.toml"]
        for text in [path.read_text(encoding="utf-8")]
        for word in [piece.split()[0] for piece in text.split("decision ")[1:] if piece.split()]
        if word[:4].isdigit()
    }
    assert {number[:4] for number in cited} <= set(written)
    too_long = [p.name for p in written.values() if p.read_text().count("\n") > 60]
    assert too_long == []


def test_the_lock_files_pin_by_hash_and_name_no_host():
    for lock in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / lock).read_text()
        pins = [line for line in text.splitlines() if "==" in line and not line.startswith(" ")]
        assert pins
        assert "://" not in text
        assert text.count("--hash=sha256:") >= len(pins)


def test_the_readme_names_every_room():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    rooms = {path.parent.name for path in ROOT.glob("*/__init__.py")} | {"tests", "docs", "docker"}
    assert [room for room in sorted(rooms) if f"`{room}/`" not in readme] == []


BY_HAND = ("bench", "foreign", "load", "stress", "supply")
"""Folders of tests/ that no run of all tests takes: what they call may go unseen."""
HOUSE = (*ROOMS, "tests")


MADE = r"(?:def|class|as|import|,) {0}\b|^(?:    )?{0}(?:,$|:| =|\b.* = )"
"""A name that a module makes or imports."""


def house_file(module: str) -> Path | None:
    place = ROOT / module.replace(".", "/")
    return next(
        (one for one in (place.with_suffix(".py"), place / "__init__.py") if one.exists()), None
    )


def asked_of(program: ast.Module) -> Iterator[tuple[str, str]]:
    """Module and name of all that a program imports from the house, or takes from such a module."""
    modules: dict[str, str] = {}
    for node in ast.walk(program):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in (
            *ROOMS,
            "tests",
        ):
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                if house_file(whole):
                    modules[alias.asname or alias.name] = whole
                else:
                    yield node.module, alias.name
    for node in ast.walk(program):
        of = getattr(node, "value", None) if isinstance(node, ast.Attribute) else None
        if isinstance(of, ast.Name) and of.id in modules:
            yield modules[of.id], node.attr


def test_programs_that_are_run_by_hand_call_what_is_there():
    programs = [path for folder in BY_HAND for path in (ROOT / "tests" / folder).glob("*.py")]
    gone = [
        (name(path), module, asked)
        for path in programs
        for module, asked in asked_of(tree(path))
        if not (there := house_file(module))
        or not re.search(MADE.format(asked), there.read_text(encoding="utf-8"), re.MULTILINE)
    ]
    assert len(programs) > 40
    assert gone == []
