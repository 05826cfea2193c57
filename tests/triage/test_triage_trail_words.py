"""Who reads the whole trail reads German, whatever was done."""

import ast
from pathlib import Path

from triage.trail.words import said

ROOMS = ("triage", "store")
ROOT = Path(__file__).parents[2]


def told() -> set[str]:
    """Every action that is written down by name; of one that is put together its beginning."""
    found = set()
    for path in (file for room in ROOMS for file in (ROOT / room).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.keyword) and node.arg == "action":
                value = node.value
                parts = value.values if isinstance(value, ast.JoinedStr) else [value]
                first = parts[0]
                if isinstance(first, ast.Constant):
                    found.add(str(first.value) + ("state" if len(parts) > 1 else ""))
    return found


def test_each_kind_of_entry_has_german_words() -> None:
    actions = told()
    assert len(actions) > 35
    assert [action for action in sorted(actions) if said(action) == action] == []


def test_a_code_without_words_stays_readable() -> None:
    assert said("new.kind") == "new.kind"
    assert said("rights.plan_approved") == "Plan für Rechte: approved"
