"""Pages that give a test for each statement: the test is there, under that very name."""

import importlib
import pkgutil
import re
from pathlib import Path

import pytest

import store
from store.database.columns import metadata

ROOT = Path(__file__).resolve().parents[2]
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
PRIVACY = ROOT / "docs/datenschutz.md"


@pytest.mark.parametrize("page", ["datenschutz.md", "personalrat.md"])
def test_every_named_test_exists(page):
    named = NAMED.findall((ROOT / "docs" / page).read_text(encoding="utf-8"))
    assert len(named) >= 10
    missing = [
        f"{file}::{test}"
        for file, test in named
        if f"\ndef {test}(" not in (ROOT / file).read_text(encoding="utf-8")
    ]
    assert missing == []


def test_the_privacy_page_names_every_table():
    for module in pkgutil.walk_packages(store.__path__, "store."):
        if not module.name.startswith("store.migrations"):
            importlib.import_module(module.name)
    text = PRIVACY.read_text(encoding="utf-8")
    chapter = text.partition("## Wo jedes Datum liegt")[2].partition("\n## ")[0]
    named = {
        table
        for row in re.findall(r"^\| (`[^|]+) \|", chapter, re.MULTILINE)
        for table in re.findall(r"`(\w+)`", row)
    }
    assert named == set(metadata.tables)
