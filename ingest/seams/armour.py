"""What PGP puts around a signed text: its head up to a blank line, and the signature below.

Source: RFC 9580 section 7 (cleartext signature framework).
"""

from collections.abc import Iterator
from typing import Final

MARK: Final = "-----begin pgp sign"
"""How both begin, in lower case."""

_HEAD: Final = "-----BEGIN PGP SIGNED MESSAGE-----"
_SIGNATURE: Final = "-----BEGIN PGP SIGNATURE-----"
_END: Final = "-----END PGP SIGNATURE-----"


def lines_of(lines: list[str]) -> Iterator[int]:
    """The numbers of the lines that are no text of the sender's."""
    until = None
    for number, line in enumerate(lines):
        bare = line.rstrip()
        if until is None and bare in {_HEAD, _SIGNATURE}:
            until = "" if bare == _HEAD else _END
            yield number
        elif until is not None:
            yield number
            until = None if bare == until else until
