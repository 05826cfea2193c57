"""Labelled text as CSV: `label;text` a line, as public data sets have it."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

_DELIMITER: Final = ";"
_LARGEST_FIELD_CHARS: Final = 1_000_000


def records(path: Path) -> Iterator[tuple[int, dict[str, Any], list[str]]]:
    """Every row as (line, plain record, faults); no header. Fields in double or single quotes.

    Single quotes are those of the German news set 10kGNAD; the first row decides.
    """
    with path.open(encoding="utf-8", errors="replace", newline="") as file:
        quote = "'" if f"{_DELIMITER}'" in file.readline() else '"'
        file.seek(0)
        csv.field_size_limit(_LARGEST_FIELD_CHARS)
        reader = csv.reader(file, delimiter=_DELIMITER, quotechar=quote)
        try:
            for row in reader:
                if row:
                    yield reader.line_num, *_record(row)
        except csv.Error:
            yield (
                reader.line_num,
                {},
                [f"a field of more than {_LARGEST_FIELD_CHARS:,} characters; is a quote missing?"],
            )


def _record(row: list[str]) -> tuple[dict[str, Any], list[str]]:
    if len(row) != 2:
        return {}, [
            f"{len(row)} fields; write `label;text`, the text in quotes if it holds a semicolon"
        ]
    label, text = row
    return {"text": text, "labels": [label.strip()] if label.strip() else []}, []
