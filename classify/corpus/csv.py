"""Labelled text as CSV: `label;text` a line, as public data sets have it."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

_DELIMITER: Final = ";"
_LARGEST_FIELD_CHARS: Final = 1_000_000
NOT_UTF8: Final = "not UTF-8; save the file as UTF-8"


def records(path: Path) -> Iterator[tuple[int, dict[str, Any], list[str]]]:
    """Every row as (line, plain record, faults); no header. Fields in double or single quotes.

    Single quotes are those of the German news set 10kGNAD; the first row decides. A quote that
    doesn't end before the next semicolon or line would swallow rows, so reading ends there.
    """
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        quote = "'" if f"{_DELIMITER}'" in file.readline() else '"'
        file.seek(0)
        csv.field_size_limit(_LARGEST_FIELD_CHARS)
        reader = csv.reader(file, delimiter=_DELIMITER, quotechar=quote, strict=True)
        try:
            for row in reader:
                if row:
                    yield reader.line_num, *_record(row)
        except csv.Error:
            fault = (
                "a quote is missing or too many, or a field has more than "
                f"{_LARGEST_FIELD_CHARS:,} characters; write a quote inside a quoted text twice"
            )
            yield reader.line_num, {}, [fault]


def is_utf8(text: str) -> bool:
    """Whether a text that was read with `surrogateescape` held no other bytes."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _record(row: list[str]) -> tuple[dict[str, Any], list[str]]:
    if not is_utf8("".join(row)):
        return {}, [NOT_UTF8]
    if len(row) != 2:
        return {}, [
            f"{len(row)} fields; write `label;text`, the text in quotes if it holds a semicolon"
        ]
    label, text = row
    return {"text": text, "labels": [label.strip()] if label.strip() else []}, []
