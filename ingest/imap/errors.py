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

_TEMPORARY = frozenset(
    {"UNAVAILABLE", "INUSE", "SERVERBUG", "LIMIT", "OVERQUOTA", "ALREADYEXISTS", "THROTTLED"}
)
"""Codes of a NO that may be gone later. ALREADYEXISTS is Dovecot's answer to a SELECT that meets
the first delivery of the account. Source: RFC 5530 section 3; measurement 2026-11-26; THROTTLED:
Gmail and Yahoo, mjs/imapclient and OfflineIMAP issues."""

_LOGGED_OUT = frozenset({"AUTHENTICATIONFAILED", "AUTHORIZATIONFAILED", "EXPIRED"})
"""Codes that, in the middle of a session, end it: a token ran out, an account was locked.
Source: RFC 5530 section 3."""

_NO_WELCOME = ("b'* BYE", "b'* NO", "b'* BAD")
"""How imaplib repeats a greeting that takes nobody in now: too many connections, maintenance."""

_STALE_WORDS = re.compile(
    r"authenticated but not connected|server unavailable|throttl|too many .{0,20}connections|"
    r"connection limit|maximum (?:number of )?connections|try again later|bandwidth limit",
    re.IGNORECASE,
)
"""What servers say without a code when they, not the command, are at fault: Exchange Online says
BAD to everything on such a connection, also after a login that it took.
Source: imapsync/imapsync#411, mscdex/node-imap#523, jstedfast/MailKit#1494 (Exchange Online);
GMX and Gmail (too many connections)."""

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

STALE = "stale"
"""In place of a code where the server's words tell that nothing goes on this connection."""

_RESPONSE_CODE = re.compile(r"\[([A-Z][A-Z-]*)")


class OddAnswerError(ValueError):
    """An answer that lacks what it must have; its words are ours and hold nothing of a mail."""


def is_broken(exc: HouseError) -> bool:
    """True if the connection must be thrown away after this error."""
    is_stale = exc.details.get("answer") == STALE
    return is_stale or exc.code in {"postbox.away", "postbox.answer_unclear"}


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
    except (ProtocolError, ValueError, IndexError, MemoryError) as exc:
        raise _unclear(exc, where) from exc
    except imaplib.IMAP4.error as exc:
        # The server may repeat what we sent, and these words are logged (decision 0011).
        raise _refusal(_code_in_session(exc), mask(str(exc)[:1_000])[:200], where) from exc


def response_code(exc: imaplib.IMAP4.error) -> str:
    """The code in brackets that came with a NO, or an empty string. Source: RFC 5530."""
    match = _RESPONSE_CODE.search(str(exc))
    return match[1] if match else ""


def is_stale(exc: imaplib.IMAP4.error) -> bool:
    """Whether the server is at fault, or busy, and not what was asked."""
    return bool(_STALE_WORDS.search(str(exc)[:1_000]))


def says_no_folder(exc: imaplib.IMAP4.error) -> bool:
    """Whether a plain NO to the opening of a folder may mean that there is none."""
    return not response_code(exc) and str(exc).startswith(_NO_SUCH_FOLDER)


def _code_in_session(exc: imaplib.IMAP4.error) -> str:
    code = response_code(exc)
    if code in _TEMPORARY:
        return code
    is_over = code in _LOGGED_OUT or is_stale(exc) or str(exc).startswith(_NO_WELCOME)
    return STALE if is_over else code


def _unclear(exc: Exception, where: str) -> TryLater:
    """Other words than ours can hold pieces of a mail: they are never repeated."""
    told = str(exc) if isinstance(exc, OddAnswerError) else type(exc).__name__
    return TryLater(
        "postbox.answer_unclear",
        f"{where} gave an answer that is not IMAP ({told}). If it stays so, look for a proxy or"
        " virus scanner in between.",
        host=where,
    )


def _refusal(code: str, said: str, where: str) -> HouseError:
    if code in _TEMPORARY or code == STALE:
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
    code = response_code(exc)
    if code in _TEMPORARY or is_stale(exc):
        return _refusal(code if code in _TEMPORARY else STALE, "login not possible", where)
    said = f" ({code})" if code else ""
    return Refused(
        "postbox.login_refused",
        f"{where} refused the login of {user!r}{said}. Correct user and password; Postlotse waits"
        " before it tries again, so that the account is not locked.",
        host=where,
        user=user,
    )
