"""Every mail in tests/mails is read as the file beside it says."""

import json
import re
from itertools import zip_longest
from pathlib import Path

import pytest

from ingest import attachments, forms
from ingest.parse import KEPT_HEADERS, parse
from rules.mail import Attachment, ParsedMail

ROOT = Path(__file__).parents[2]
MAILS = sorted((ROOT / "tests" / "mails").glob("*.eml"))
LAYOUTS = forms.load(
    {path.name: path.read_text("utf-8") for path in (ROOT / "domain" / "forms").glob("*.toml")}
)

ASKED = re.compile(r'(?:\.header\(|(?<!answer\.)headers\.get\(|LOOP_HEADER: \w+ = )"([\w-]+)"')


@pytest.mark.parametrize("path", MAILS, ids=lambda path: path.stem)
def test_a_sample_mail_is_read_as_expected(path: Path) -> None:
    mail = parse(path.read_bytes(), LAYOUTS)
    expected = json.loads(path.with_suffix(".json").read_text("utf-8"))
    assert {key: _actual(mail, key, want) for key, want in expected.items()} == expected


@pytest.mark.parametrize("path", MAILS, ids=lambda path: path.stem)
def test_every_listed_attachment_is_found_again_with_its_size(path: Path) -> None:
    data = path.read_bytes()
    for listed in parse(data).attachments:
        found, content = attachments.extract(data, listed.path)
        assert (found, len(content)) == (listed, listed.size_bytes)


def test_there_are_enough_samples_and_none_without_expectation() -> None:
    assert len(MAILS) >= 100
    assert {path.with_suffix(".json") for path in MAILS} == set(
        (ROOT / "tests/mails").glob("*.json")
    )


def _actual(mail: ParsedMail, key: str, want: object) -> object:
    """What the mail says to one expectation, in the shape of the expectation."""
    wanted = list(want) if isinstance(want, list | dict) else []
    if key.endswith(("_contains", "_lacks")):
        part, _, question = key.rpartition("_")
        holder = mail if part in {"html", "subject", "elsewhere"} else mail.body
        text = getattr(holder, part)
        return [words for words in wanted if (words in text) == (question == "contains")]
    if key == "attachments":
        rows = zip_longest(mail.attachments, wanted, fillvalue=None)
        return [_row(found, row) for found, row in rows if found]
    if key in {"header", "form"}:
        get = mail.header if key == "header" else mail.form.get if mail.form else str
        return {name: get(name) for name in wanted}
    value = {
        "new": mail.body.new.strip(),
        "sent_at": mail.sent_at and mail.sent_at.isoformat(),
        "channel": mail.form and mail.form.channel.value,
        "free_text": mail.form and mail.form.free_text,
        "defects_include": [code for code in wanted if code in mail.defects],
    }
    found = value[key] if key in value else getattr(mail, key)
    return list(found) if isinstance(found, tuple) else found


def _row(found: Attachment, want: list[object] | None) -> list[object]:
    """As many facts of the attachment as the row asks for; a size of None asks for none."""
    row = [found.name, found.content_type, found.size_bytes, found.path, found.inline]
    if want is None:
        return [found.name, "not expected"]
    return [None if wish is None else fact for fact, wish in zip(row, want, strict=False)]


def test_the_headers_that_other_rooms_ask_for_are_kept() -> None:
    asked = {
        name.lower()
        for room in ("classify", "outbox", "triage")
        for path in (ROOT / room).rglob("*.py")
        for name in ASKED.findall(path.read_text("utf-8"))
    }
    assert asked
    assert asked <= KEPT_HEADERS
