"""Whatever keeps a row from leaving has a German sentence on the page "Ausgang"."""

import re
from pathlib import Path

from triage.sending import words as outgoing_words

ROOT = Path(__file__).parents[2]
WAYS = ("eakte", "smtp", "task", "webhook", "left")
BY_SETTINGS = {
    "eakte.url", "eakte.record_url", "eakte.record_folder",
    "smtp.tls_required", "webhook.url", "webhook.host", "webhook.https",
}  # fmt: skip
"""Refused at the start."""

OF_RECEIPTS = {"eakte.receipt", "task.receipt"}
"""Of what comes back, not of what leaves."""


def test_each_reason_has_its_sentence() -> None:
    raised = re.compile(rf'"((?:{"|".join(WAYS)})\.[a-z_]+)"')
    found = {
        code
        for file in [*(ROOT / "outbox").glob("*.py"), ROOT / "triage/sending/left.py"]
        for code in raised.findall(file.read_text(encoding="utf-8"))
    }
    assert "smtp.not_let" in found
    wanted = found - BY_SETTINGS - OF_RECEIPTS
    assert sorted(code for code in wanted if not outgoing_words.why(code).endswith(".")) == []
