"""The pages are held against the code: links, settings, metrics, events, files and tests."""

import ast
import re
import tomllib
from pathlib import Path
from types import NoneType
from typing import get_args

import pytest
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from rules.backoff import BackoffRule, next_try
from triage import settings

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("rules", "ingest", "classify", "store", "outbox", "triage", "api")
PAGES = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")],
    key=lambda path: path.as_posix(),
)
OPERATIONS = ROOT / "docs/operations.md"
LINK = re.compile(r"\]\(([^)\s]+)\)")
ROW = re.compile(r"^\| `([^`]+)` \| ([^|]*) \|", re.MULTILINE)
LOG_CALL = re.compile(r"\blog\.(debug|info|warning|error|exception)\(\s*\"([a-z_.]+)\"")


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def anchors(path: Path) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", read(path), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


def chapter(path: Path, title: str) -> str:
    """The text below a heading, down to the next one of its level or above."""
    level, text = re.findall(rf"^(#+) {title}$\n(.*)", read(path), re.MULTILINE | re.DOTALL)[0]
    return re.split(rf"^#{{1,{len(level)}}} ", text, maxsplit=1, flags=re.MULTILINE)[0]


def code() -> list[Path]:
    return [path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))]


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_link_leads_somewhere(page):
    broken = []
    for link in LINK.findall(read(page)):
        target, _, anchor = link.partition("#")
        path = (page.parent / target).resolve() if target else page
        if not path.exists() or (anchor and anchor not in anchors(path)):
            broken.append(link)
    assert broken == []


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_no_page_names_this_machine_or_another_host(page):
    assert re.findall(r"/home/|https?://(?!127\.0\.0\.1|www\.arbeitsagentur)", read(page)) == []


def test_the_index_names_every_page():
    index = ROOT / "docs/README.md"
    listed = {
        (index.parent / link.partition("#")[0]).resolve() for link in LINK.findall(read(index))
    }
    assert {name(page) for page in PAGES if page not in listed} == {"README.md", name(index)}


@pytest.mark.parametrize("page", sorted((ROOT / "docs/decisions").glob("*.md")), ids=name)
def test_a_decision_has_its_five_parts_and_fits_on_a_page(page):
    text = read(page)
    parts = re.findall(r"^\*\*(\w+)\.\*\*", text, re.MULTILINE)
    assert parts == ["Context", "Decision", "Consequences", "Alternatives", "Check"]
    assert text.startswith(f"# {page.name[:4]} ")
    assert text.count("\n") <= 60


@pytest.mark.parametrize("page", sorted((ROOT / "docs/decisions").glob("*.md")), ids=name)
def test_what_is_superseded_names_later_decisions_and_what_they_changed(page):
    said = [line for line in read(page).splitlines() if "Superseded" in line]
    assert said == read(page).splitlines()[2 : 2 + len(said)]
    for line in said:
        assert re.fullmatch(r"\*Superseded by .+ (in|where) .+\.\*", line)
        later = LINK.findall(line)
        assert later
        assert all(page.name < link for link in later), later


def test_the_index_gives_each_decision_its_title():
    listed = dict(
        re.findall(
            r"^- \[\d{4}\]\(decisions/(\S+)\) (.+)$", read(ROOT / "docs/README.md"), re.MULTILINE
        )
    )
    titles = {
        page.name: read(page).partition("\n")[0].removeprefix(f"# {page.name[:4]} ")
        for page in (ROOT / "docs/decisions").glob("*.md")
    }
    assert listed == titles


def test_the_decisions_are_numbered_without_gaps_or_twins():
    numbers = [int(page.name[:4]) for page in sorted((ROOT / "docs/decisions").glob("*.md"))]
    assert numbers == list(range(1, len(numbers) + 1))


def parts_of(model: type[BaseModel], prefix: str) -> dict[str, object]:
    found: dict[str, object] = {}
    for key, field in model.model_fields.items():
        inner = [
            kind
            for kind in get_args(field.annotation)
            if isinstance(kind, type) and issubclass(kind, BaseModel)
        ]
        # A table within a table, like rights.ldap; not a list of tables, which has one row.
        if inner and NoneType in get_args(field.annotation):
            found |= parts_of(inner[0], f"{prefix}.{key}")
        else:
            found[f"{prefix}.{key}"] = field.default
    return found


def known_settings() -> dict[str, object]:
    """Dotted names with their defaults; tables that may repeat are named without a number."""
    found: dict[str, object] = {}
    for table, field in settings.Settings.model_fields.items():
        # In their order: of two kinds of postbox that differ, the last one's default is shown.
        kinds = [
            kind
            for kind in (field.annotation, *flat(field.annotation))
            if isinstance(kind, type) and issubclass(kind, BaseModel)
        ]
        for kind in kinds:
            found |= parts_of(kind, table)
    return found


def flat(annotation: object) -> list[object]:
    inside = [part for part in get_args(annotation) if part is not Ellipsis]
    return inside + [deeper for part in inside for deeper in flat(part)]


def shown(default: object) -> str:
    """A default as the page writes it."""
    if default is PydanticUndefined:
        return "–"
    if default is None:
        return "none"
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    return f"`{default}`" if default not in ("", {}) else "empty"


def test_operations_names_every_setting_with_its_default():
    told = dict(ROW.findall(chapter(OPERATIONS, "Settings")))
    told = {key: default.strip() for key, default in told.items() if "." in key}
    factories = {"deadlines.days": "empty"}
    expected = {key: shown(value) for key, value in known_settings().items()} | factories
    assert told == expected


def test_operations_says_how_long_the_default_waits_last():
    found = settings.EakteSettings()
    rule = BackoffRule(
        first_seconds=found.first_wait_seconds,
        cap_seconds=found.longest_wait_seconds,
        max_tries=found.max_tries,
    )
    waits = [next_try(tries, rule) or 0 for tries in range(1, found.max_tries)]
    assert f"about {round(sum(waits) / 3600)} hours" in read(OPERATIONS)


def test_operations_names_every_variable():
    wanted = {
        found for path in code() for found in re.findall(r"\"(POSTLOTSE_[A-Z_]+)\"", read(path))
    }
    told = dict(ROW.findall(chapter(OPERATIONS, "Environment")))
    assert wanted == {key for key in told if key.startswith("POSTLOTSE_")}


def test_operations_names_every_metric():
    kinds = {"Counter", "Gauge", "Histogram"}
    declared = {
        node.args[0].value: node.func.id.lower()
        for path in code()
        if "prometheus_client" in read(path)
        for node in ast.walk(ast.parse(read(path)))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in kinds and node.args
        if isinstance(node.args[0], ast.Constant)
    }
    told = dict(ROW.findall(chapter(OPERATIONS, "Metrics")))
    assert {key: kind.split()[0].strip(",") for key, kind in told.items()} == declared


def test_operations_names_every_event_with_its_level():
    events = {
        event: "error" if level == "exception" else level
        for path in code()
        for level, event in LOG_CALL.findall(read(path).replace("_log.", "log."))
    }
    told = dict(ROW.findall(chapter(OPERATIONS, "Log")))
    assert {key: level.strip() for key, level in told.items()} == events


def feature_rows() -> list[tuple[str, list[str]]]:
    rows = re.findall(r"^\| ([RFN]\d+) \|(.*)\|$", read(ROOT / "docs/features.md"), re.MULTILINE)
    return [(key, [cell.strip() for cell in rest.split("|")]) for key, rest in rows]


def test_features_are_complete_and_have_one_of_three_states():
    rows = feature_rows()
    wanted = [
        f"{kind}{n}" for kind, last in (("R", 18), ("F", 71), ("N", 20)) for n in range(1, last + 1)
    ]
    assert [key for key, _ in rows] == wanted
    assert {cells[1] for _, cells in rows} <= {"yes", "partly", "no"}


@pytest.mark.parametrize(("key", "cells"), feature_rows())
def test_a_feature_names_files_and_tests_that_exist(key, cells):
    _, state, _, where, tests = cells
    files = re.findall(r"`([^`]+)`", where)
    modules = re.findall(r"`([^`]+)`", tests)
    assert [file for file in files if not (ROOT / file).exists()] == []
    assert [module for module in modules if not list((ROOT / "tests").glob(f"*/{module}.py"))] == []
    assert state == "no" or files, "what is there lives somewhere"


EXAMPLES = sorted(name(path) for path in (ROOT / "examples").glob("*.toml"))


def test_there_is_an_example_for_each_of_the_four_situations():
    assert [Path(one).stem for one in EXAMPLES] == [
        "dovecot", "exchange", "mixed", "without_directory",
    ]  # fmt: skip


@pytest.mark.parametrize("example", ["postlotse.example.toml", "docker/postlotse.toml", *EXAMPLES])
def test_the_example_configuration_is_valid(example):
    found = settings.check(tomllib.loads(read(ROOT / example)), base=ROOT)
    assert found.postboxes
    assert not found.desk.demo


def test_the_example_shows_five_imap_postboxes_and_a_maildir():
    found = settings.check(tomllib.loads(read(ROOT / "postlotse.example.toml")), base=ROOT)
    kinds = [box.kind for box in found.postboxes]
    assert (kinds.count("imap"), kinds.count("maildir")) == (5, 1)
    assert {box.mode for box in found.postboxes if box.kind == "imap"} == {"observe"}
