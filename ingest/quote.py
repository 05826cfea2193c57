"""The seams of a mail's text: what is new, what is quoted, what is signature or disclaimer."""

import re

from rules.mail import BodyParts

_SEAM = re.compile(
    r"^(?:-{3,} ?(?:Ursprüngliche|Original|Weitergeleitete).{0,40}-{3,}|(?:Am|On) .{5,200}(?:schrieb|wrote).{0,100}:)\s*$",
    re.MULTILINE | re.IGNORECASE,
)


def cut(text: str) -> BodyParts:
    """Cut the text at its seams; every line lands in exactly one part."""
    match = _SEAM.search(text)
    if match and text[: match.start()].strip():
        return BodyParts(text[: match.start()], text[match.start() :])
    return BodyParts(text)
