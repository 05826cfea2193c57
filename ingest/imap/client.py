"""An IMAPClient that is made within a time: its own constructor reads the greeting for ever.

Each byte of it may come in time and the whole never. (TLS has an end: ssl counts one time-out
for a whole handshake.)
Source: own decision 0144; imapclient 4.1.0, `_create_IMAP4`; imaplib of Python 3.11, `open`.
"""

import imaplib
import socket
import ssl

from imapclient import IMAPClient

from ingest.imap.limit import cut_after


class TimelyClient(IMAPClient):  # type: ignore[misc]  # imapclient ships no types
    """Raises in its constructor: OSError, ssl.SSLError, imaplib.IMAP4.error, as IMAPClient."""

    def _create_IMAP4(self) -> imaplib.IMAP4:  # noqa: N802 - imapclient's name
        seconds = self._timeout.connect
        line = socket.create_connection((self.host, self.port), timeout=seconds)
        try:
            with cut_after(line, seconds):
                return _Talk(self.host, self.port, line, self.ssl_context if self.ssl else None)
        except BaseException:
            # Once encrypted it is another object's, which imaplib closes.
            line.close()
            raise


class _Talk(imaplib.IMAP4):
    """Over a line that is there already, encrypted first where `context` is given."""

    def __init__(
        self, host: str, port: int, line: socket.socket, context: ssl.SSLContext | None
    ) -> None:
        self._line = line
        self._context = context
        super().__init__(host, port)

    def _create_socket(self, timeout: float | None) -> socket.socket:
        """The line. `timeout` is imaplib's, and set already."""
        del timeout
        if self._context is None:
            return self._line
        return self._context.wrap_socket(self._line, server_hostname=self.host)
