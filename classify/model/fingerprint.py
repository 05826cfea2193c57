"""Of which code a model is: a hash over everything that turns a mail into the model's rows.

The weights of a model fit the rows it was trained on; read with other cues or another folding
they give wrong answers without any error. Source: own decision 0025; F27 (a model goes live only
as it was measured).
"""

import hashlib
from functools import cache
from importlib.resources import files
from typing import Final

PARTS: Final[tuple[str, ...]] = (
    *("features.py", "own_name.py", "reading.py", "sender_lines.py", "wording.py"),
    *("text.py", "cues.py", "moods.py", "machine.py"),
    *("courtesy.py", "terms.py", "hearing.py", "kept.py", "needles.py", "signs.py", "lexicon.py"),
    *("facts/numbers.py", "facts/day_terms.py", "facts/dates.py", "facts/date_shapes.py"),
    *("facts/day_words.py", "facts/feasts.py"),
    *("lexicon.toml", "phrases.toml"),
)
"""The files of this room that make a mail's terms: those that `features.row`, `terms` and
`day_terms` reach (a test walks the imports), and their data."""


@cache
def of_features() -> str:
    """SHA-256 over names and bytes of `PARTS`, as 64 hexadecimal digits; read once a process.

    Line ends don't count, so that a checkout with CRLF reads the same models.
    """
    digest = hashlib.sha256()
    for name in PARTS:
        data = files("classify").joinpath(name).read_bytes().replace(b"\r\n", b"\n")
        digest.update(f"{name} {len(data)}\n".encode())
        digest.update(data)
    return digest.hexdigest()
