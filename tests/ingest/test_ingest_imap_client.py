"""A line to an IMAP server that ends before anything was said leaves nothing open."""

import imaplib
import socket
import struct
import time

import pytest

from ingest.imap.client import TimelyClient

AT_ONCE = struct.pack("ii", 1, 0)
"""SO_LINGER: closing sends a reset, so that the other side has no peer any more."""


@pytest.mark.parametrize("encrypted", [True, False])
def test_a_server_that_hangs_up_at_once_leaves_no_line_open(monkeypatch, encrypted):
    made: list[socket.socket] = []
    connect = socket.create_connection

    def hung_up_on(address, timeout):
        line = connect(address, timeout=timeout)
        there = listener.accept()[0]
        there.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
        there.close()
        _wait_for_the_reset(line)
        made.append(line)
        return line

    with socket.create_server(("127.0.0.1", 0)) as listener:
        monkeypatch.setattr(socket, "create_connection", hung_up_on)
        with pytest.raises((OSError, imaplib.IMAP4.error)):
            TimelyClient("127.0.0.1", port=listener.getsockname()[1], ssl=encrypted, timeout=5)
    assert [line.fileno() for line in made] == [-1]


def _wait_for_the_reset(line: socket.socket) -> None:
    end = time.monotonic() + 10
    while time.monotonic() < end:
        try:
            line.getpeername()
        except OSError:
            return
        time.sleep(0.01)
    raise AssertionError("no reset came")
