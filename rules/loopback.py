"""Names of this very machine: what is spoken to without TLS, and who may open the demo."""

from typing import Final

LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
"""Nobody else can reach them. Source: RFC 1122 section 3.2.1.3; RFC 4291; own decision 0094."""
