"""The head of a mail that is too large to be read whole. Source: own decision 0108."""

from typing import Final

HEAD_LIMIT_BYTES: Final = 256 * 1024
"""A longer head is cut there. Own decision 0108."""


def head_of(data: bytes) -> bytes:
    """Everything up to and including the first blank line, whatever the line ends."""
    ends = [at + len(mark) for mark in (b"\r\n\r\n", b"\n\n") if (at := data.find(mark)) >= 0]
    return data[: min(ends, default=len(data))]
