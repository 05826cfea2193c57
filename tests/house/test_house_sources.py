"""What docstrings cite is there: guides, sections, rows, decisions' places, files and codes."""

import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("rules", "ingest", "classify", "store", "outbox", "triage", "api")
FILES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
GUIDES = {"label guide": "docs/labels.md", "desk guide": "docs/desk.md"}
SECTIONS = {"facts": "docs/facts.md", "SOURCES": "domain/SOURCES.md"}
PLACES = (*ROOMS, "tests", "docs", "domain", "docker", "deploy", "templates_text", "corpus")
PLACE = re.compile(rf"(?<![\w/.\"-])(?:{'|'.join(PLACES)})/[\w./-]*\w")


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def read(place: str) -> str:
    return (ROOT / place).read_text(encoding="utf-8")


@cache
def said(path: Path) -> str:
    """The text of a file with each break of a line, and the sign of a comment, as one blank."""
    return re.sub(r"\s*\n\s*(?:#\s)?\s*", " ", path.read_text(encoding="utf-8"))


@pytest.mark.parametrize(("guide", "place"), GUIDES.items())
def test_what_is_quoted_of_a_guide_stands_in_it(guide: str, place: str) -> None:
    page = re.sub(r"\s+", " ", read(place).replace("`", "")).casefold()
    quoted = re.compile(rf'{guide}[^.;"]*"([^"]+)"')
    found = [(name(path), words) for path in FILES for words in quoted.findall(said(path))]
    assert len(found) >= 5
    assert [one for one in found if one[1].casefold() not in page] == []


@pytest.mark.parametrize(("word", "place"), SECTIONS.items())
def test_each_cited_section_is_there(word: str, place: str) -> None:
    there = set(re.findall(r"^## (\d+)\.", read(place), re.MULTILINE))
    cited = re.compile(rf"\b{word} sections? (\d+(?:(?:, | and )\d+)*)")
    found = {
        number
        for path in FILES
        for numbers in cited.findall(said(path))
        for number in re.findall(r"\d+", numbers)
    }
    assert found
    assert found <= there


def test_no_other_guide_is_cited() -> None:
    found = {
        guide
        for path in FILES
        for guide in re.findall(r"Source:[^.;]*?\b(\w+ guide)\b", said(path))
    }
    assert found == set(GUIDES)


def test_each_cited_row_of_the_features_is_there() -> None:
    rows = set(re.findall(r"^\| ([RFN]\d+) \|", read("docs/features.md"), re.MULTILINE))
    cited = {
        row
        for path in FILES
        for source in re.findall(r"Source: ([^\"]*?)(?:\"\"\"|\. [A-Z])", said(path))
        for row in re.findall(r"\b[RFN]\d{1,2}\b", source)
    }
    assert len(cited) > 40
    assert cited <= rows


def test_each_code_that_a_docstring_raises_is_one_of_the_house() -> None:
    whole = "\n".join(map(said, FILES))
    strings = set(re.findall(r'"([a-z_]+\.[a-z_.]+)"', whole))
    tails = set(re.findall(r'\}(\.[a-z_]+)"', whole))
    heads = set(re.findall(r'"([a-z_]+\.)\{', whole))
    told = {
        (code, name(path))
        for path in FILES
        for text in re.findall(r'Raises:([^"]*)"""', said(path))
        for code in re.findall(r"(?<!as )(?<!see )(?<!and )`([a-z_]+\.[a-z_.]+)`", text)
    }
    assert len(told) > 500
    assert [
        (code, path)
        for code, path in told
        if code not in strings
        and "." + code.partition(".")[2] not in tails  # f"{owner}.disk"
        and code.partition(".")[0] + "." not in heads  # f"model.{fault}"
    ] == []


MADE = {"docker/.env", "domain/outlook.md"}
"""By who operates, and by the build of the wheel."""


def test_every_place_that_code_or_a_page_names_is_there() -> None:
    files = [*FILES, *(ROOT / "tests").rglob("*.py"), *(ROOT / "docs").rglob("*.md")]
    files += [*ROOT.glob("*.md"), ROOT / "Makefile", ROOT / "pyproject.toml"]
    named = {(name(path), place) for path in files for place in PLACE.findall(path.read_text())}
    gone = [(path, place) for path, place in named if not (ROOT / place).exists()]
    assert sorted(one for one in gone if one[1] not in MADE) == []


def test_each_target_and_module_that_a_page_names_is_there() -> None:
    pages = "\n".join(path.read_text() for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
    targets = set(re.findall(r"^([a-z-]+):", read("Makefile"), re.MULTILINE))
    asked = set(re.findall(r"(?:`|^)make ([a-z-]+)", pages, re.MULTILINE))
    assert {"demo", "test", "evaluate"} <= asked <= targets
    modules = re.findall(
        r"python3? -m ((?:tests|triage|clients|docker)[\w.]*)", pages + read("Makefile")
    )
    assert modules
    places = [ROOT / one.replace(".", "/") for one in modules]
    assert [one for one in places if not one.with_suffix(".py").exists() and not one.is_dir()] == []


def test_each_call_that_a_page_names_is_in_the_table_of_roles() -> None:
    table = re.findall(r"^[A-Z]+ +(/v1\S*)", read("tests/api/role_matrix.txt"), re.MULTILINE)
    known = [re.sub(r"\{\w+\}", "[^/]+", path) for path in table]
    begins = "\n".join(path.split("{")[0] for path in table)
    for page in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]:
        for path in re.findall(r"/v1/[\w/{}-]*[\w}]", page.read_text(encoding="utf-8")):
            there = any(re.fullmatch(one, path) for one in known) or f"{path}/" in begins
            assert there, f"{name(page)}: {path}"
