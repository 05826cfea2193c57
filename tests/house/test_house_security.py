"""The threat model names tests that exist, and fits on two pages."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/security.md").read_text("utf-8")
NAMED = sorted(set(re.findall(r"`(test_\w+)::(test_\w+)`", PAGE)))


@pytest.mark.parametrize(("module", "test"), NAMED, ids=[f"{m}::{t}" for m, t in NAMED])
def test_each_threat_has_a_test_that_exists(module: str, test: str) -> None:
    files = list((ROOT / "tests").glob(f"*/{module}.py"))
    assert len(files) == 1
    tree = ast.parse(files[0].read_text("utf-8"))
    assert test in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_each_line_of_the_tables_names_one() -> None:
    lines = [
        line
        for line in PAGE.splitlines()
        if re.match(r"\| (\w+ ?\w* \| )?[STRIDE](, [STRIDE])* \|", line)
    ]
    assert len(lines) >= 35
    assert [line for line in lines if "::" not in line] == []


def test_it_counts_the_calls_of_the_table_of_roles() -> None:
    table = (ROOT / "tests/api/role_matrix.txt").read_text("utf-8").splitlines()
    calls = [line for line in table if line.strip() and not line.startswith("#")]
    assert f"{len(calls)} calls and pages" in PAGE


def test_it_fits_on_two_pages() -> None:
    assert PAGE.count("\n") <= 100
