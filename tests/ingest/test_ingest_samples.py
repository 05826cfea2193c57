"""Every mail in tests/mails is read as the file beside it says."""

import json
from pathlib import Path
from typing import Any

import pytest

from ingest import attachments, forms
from ingest.parse import parse
from rules.mail import ParsedMail

ROOT = Path(__file__).parents[2]
MAILS = sorted((ROOT / "tests" / "mails").glob("*.eml"))
LAYOUTS = forms.load(
    {path.name: path.read_text("utf-8") for path in (ROOT / "domain" / "forms").glob("*.toml")}
)


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


def _actual(mail: ParsedMail, key: str, want: Any) -> Any:
    """What the mail says to one expectation, in the shape of the expectation."""
    if key.endswith(("_contains", "_lacks")):
        part, _, question = key.rpartition("_")
        text = getattr(mail, part) if part in {"html", "subject"} else getattr(mail.body, part)
        return [words for words in want if (words in text) == (question == "contains")]
    if key == "attachments":
        return [_attachment_like(found, row) for found, row in zip(mail.attachments, want)] + [
            [found.name] for found in mail.attachments[len(want) :]
        ]
    reader = {
        "new": lambda: mail.body.new.strip(),
        "sent_at": lambda: mail.sent_at and mail.sent_at.isoformat(),
        "header": lambda: {name: mail.header(name) for name in want},
        "channel": lambda: mail.form and mail.form.channel.value,
        "form": lambda: {name: mail.form.get(name) if mail.form else None for name in want},
        "free_text": lambda: mail.form and mail.form.free_text,
        "defects": lambda: list(mail.defects),
        "defects_include": lambda: [code for code in want if code in mail.defects],
    }.get(key)
    if reader:
        return reader()
    value = getattr(mail, key)
    return list(value) if isinstance(value, tuple) else value


def _attachment_like(found: Any, row: list[Any]) -> list[Any]:
    size = None if len(row) > 2 and row[2] is None else found.size_bytes
    return [found.name, found.content_type, size, found.path, found.inline][: len(row)]
