"""What stays readable in a sealed database is a list with reasons; nothing joins it unseen."""

import importlib
import pkgutil
import re
from pathlib import Path

from store import tables
from store.tables.ledger import metadata

SAFETY = Path(__file__).resolve().parents[2] / "docs/safety.md"


def mail_columns() -> set[str]:
    """All columns whose type says that they may hold words of a mail or of a person."""
    for module in pkgutil.iter_modules(tables.__path__, "store.tables."):
        importlib.import_module(module.name)
    return {
        f"{table.name}.{column.name}"
        for table in metadata.sorted_tables
        for column in table.columns
        if type(column.type).__name__ == "MailText"
    }


def test_each_column_with_words_of_people_has_its_line_with_a_reason():
    chapter = SAFETY.read_text("utf-8").partition("### What stays readable")[2].partition("\n#")[0]
    rows = re.findall(r"^\| (`[^|]+`) \| ([^|]+) \|$", chapter, re.MULTILINE)
    named = {
        name for names, reason in rows if reason.strip() for name in re.findall(r"`(\S+?)`", names)
    }
    assert named == mail_columns()
    assert "message.sender" in named
