"""What failures of imapclient, imaplib, ssl and the network mean for the house.

Source: measurement 2026-11-23 (Dovecot 2.3.19, imapclient 4.1.0); RFC 5530.
"""

import imaplib
import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from imapclient.exceptions import CapabilityError, LoginError, ProtocolError

from rules.errors import HouseError, Refused, TryLater
from rules.facts import mask

_TEMPORARY = frozenset({"UNAVAILABLE", "INUSE", "SERVERBUG", "LIMIT", "OVERQUOTA", "ALREADYEXISTS"})
"""Codes of a NO that may be gone later. ALREADYEXISTS is Dovecot's answer to a SELECT that meets
the first delivery of the account. Source: RFC 5530 section 3; measurement 2026-11-26."""

_REFUSED_AS = {
    "NOPERM": "postbox.no_right",
    "NONEXISTENT": "postbox.folder_missing",
    "TRYCREATE": "postbox.folder_missing",
    "CANNOT": "postbox.folder_name",
    "TOOBIG": "postbox.too_big",
}
"""Source: RFC 5530 section 3; RFC 3501 section 7.1 (TRYCREATE); RFC 7889 section 4 (TOOBIG)."""

_NO_SUCH_FOLDER = ("select failed", "status failed")
"""A plain NO to one of these means "no such mailbox". Source: RFC 3501 sections 6.3.1, 6.3.10."""

_RESPONSE_CODE = re.compile(r"\[([A-Z][A-Z-]*)")


def is_broken(exc: HouseError) -> bool:
    """True if the connection must be thrown away after this error."""
    return exc.code in {"postbox.away", "postbox.answer_unclear"}


@contextmanager
def imap_errors(where: str) -> Iterator[None]:
    """Translate every failure of imapclient, imaplib, ssl and the network.

    `where` is "host:port" for the messages. The order of the clauses matters: imapclient's
    errors all derive from imaplib's.

    Raises: TryLater: `postbox.away`, `postbox.answer_unclear`, `postbox.busy`. Refused: as
    `ingest.imap.session.connect`, and `postbox.no_right`, `postbox.folder_missing`,
    `postbox.folder_name`, `postbox.too_big`, `postbox.command_refused`.
    """
    try:
        yield
    except ssl.SSLError as exc:
        raise _tls_error(exc, where) from exc
    except CapabilityError as exc:
        raise _no_tls(where) from exc
    except imaplib.IMAP4.readonly as exc:
        raise _refusal("NOPERM", "the folder is read-only", where) from exc
    except (imaplib.IMAP4.abort, OSError) as exc:
        raise _away(exc, where) from exc
    # The text of a ProtocolError or ValueError can hold pieces of a mail: never repeat it.
    except (ProtocolError, ValueError, IndexError) as exc:
        raise TryLater(
            "postbox.answer_unclear",
            f"{where} gave an answer that is not IMAP ({type(exc).__name__}). If it stays so, look"
            " for a proxy or virus scanner in between.",
            host=where,
        ) from exc
    except imaplib.IMAP4.error as exc:
        # The server may repeat what we sent, and these words are logged (decision 0011).
        raise _refusal(response_code(exc), mask(str(exc)[:1_000])[:200], where) from exc


def response_code(exc: imaplib.IMAP4.error) -> str:
    """The code in brackets that came with a NO, or an empty string. Source: RFC 5530."""
    match = _RESPONSE_CODE.search(str(exc))
    return match[1] if match else ""


def _refusal(code: str, said: str, where: str) -> HouseError:
    if code in _TEMPORARY:
        return TryLater("postbox.busy", f"{where} can't now: {said}", host=where, answer=code)
    missing = not code and said.startswith(_NO_SUCH_FOLDER)
    otherwise = "postbox.folder_missing" if missing else "postbox.command_refused"
    return Refused(
        _REFUSED_AS.get(code, otherwise),
        f"{where} refused: {said}. Look after the folder and the rights of the account.",
        host=where,
        answer=code,
    )


def _away(exc: Exception, where: str) -> TryLater:
    return TryLater(
        "postbox.away",
        f"No connection to {where} ({type(exc).__name__}). Look after server, name and network.",
        host=where,
    )


def _no_tls(where: str) -> Refused:
    return Refused(
        "postbox.no_tls",
        f"{where} offers no encryption on this port. Use the port for IMAPS (usually 993), or"
        " switch STARTTLS on at the server; Postlotse does not send passwords in the clear.",
        host=where,
    )


def _tls_error(exc: ssl.SSLError, where: str) -> HouseError:
    if isinstance(exc, ssl.SSLCertVerificationError):
        return Refused(
            "postbox.certificate",
            f"Certificate of {where} is not trusted: {exc.verify_message}. Name the file of the"
            " right certificate authority (ca_file), or correct the host name.",
            host=where,
        )
    if exc.reason == "WRONG_VERSION_NUMBER":
        return _no_tls(where)
    return _away(exc, where)


def login_failed(exc: LoginError, *, user: str, where: str) -> HouseError:
    """What a failed login means: imapclient makes a LoginError of a cut connection, too.

    Source: RFC 5530 section 3 (UNAVAILABLE and its like are no wrong password).
    """
    if isinstance(exc.__context__, imaplib.IMAP4.abort):
        return _away(exc, where)
    if response_code(exc) in _TEMPORARY:
        return _refusal(response_code(exc), "login not possible", where)
    return Refused(
        "postbox.login_refused",
        f"{where} refused the login of {user!r}. Correct user and password; Postlotse waits"
        " before it tries again, so that the account is not locked.",
        host=where,
        user=user,
    )
