"""What failures of EWS, exchangelib, TLS and the network mean for the house.

Source: EWS reference, "ResponseCode"; exchangelib 5.6.0 (read and run against the simulator of
tests/servers, 2026-11-26); own decision 0034. Nothing here was seen on a real server.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Final

from exchangelib import errors as ews
from lxml.etree import LxmlError
from oauthlib.oauth2 import OAuth2Error
from requests.exceptions import RequestException

from rules.errors import HouseError, Refused, TryLater

BUSY: Final = "postbox.busy"
"""The server asked for quiet; `back_off_seconds` of the details says for how long."""

_MOVING = (
    ews.ErrorMailboxMoveInProgress,
    ews.ErrorMailboxFailover,
    ews.ErrorMailboxStoreUnavailable,
    ews.ErrorConnectionFailed,
    ews.ErrorConnectionFailedTransientError,
    ews.ErrorCrossSiteRequest,
    ews.ErrorNoApplicableProxyCASServersAvailable,
    ews.ErrorNoRespondingCASInDestinationSite,
    ews.ErrorProxyCallFailed,
    ews.ErrorProxyRequestProcessingFailed,
    ews.ErrorProxyServiceDiscoveryFailed,
    ews.ErrorProxyTokenExpired,
    ews.ErrorServiceDiscoveryFailed,
    ews.CASError,
)
"""The front end answers and has no way to the mailbox: it fails over, is moved, or was."""

_FORGOTTEN = (
    ews.ErrorExpiredSubscription,
    ews.ErrorInvalidSubscription,
    ews.ErrorMissedNotificationEvents,
    ews.ErrorNewEventStreamConnectionOpened,
    ews.ErrorProxiedSubscriptionCallFailure,
    ews.ErrorReadEventsFailed,
    ews.ErrorSubscriptionNotFound,
    ews.ErrorSubscriptionUnsubsribed,
)
"""A subscription that a server lost, as after each failover; the next one is as good."""

_AWAY = (
    *_FORGOTTEN,
    ews.ErrorTimeoutExpired,
    ews.ErrorClientDisconnected,
    ews.ErrorInternalServerError,
    ews.ErrorInternalServerTransientError,
    ews.ErrorADUnavailable,
    ews.ErrorADOperation,
    ews.ErrorBatchProcessingStopped,
)
_BUSY = (
    ews.ErrorServerBusy,
    ews.ErrorExceededConnectionCount,
    ews.ErrorExceededSubscriptionCount,
    ews.ErrorTooManyObjectsOpened,
    ews.ErrorInsufficientResources,
    ews.ErrorNotEnoughMemory,
    ews.ErrorQuotaExceeded,
    ews.RateLimitError,
)
_NO_RIGHT = (
    ews.ErrorAccessDenied,
    ews.ErrorCreateItemAccessDenied,
    ews.ErrorCannotDeleteObject,
    ews.ErrorImpersonateUserDenied,
    ews.ErrorImpersonationDenied,
    ews.ErrorImpersonationFailed,
)
_NO_FOLDER = (
    ews.ErrorFolderNotFound,
    ews.ErrorParentFolderNotFound,
    ews.ErrorFolderSavePropertyError,
    ews.ErrorToFolderNotFound,
)
_NO_MAILBOX = (ews.ErrorNonExistentMailbox, ews.ErrorMailboxConfiguration)
UNCONVERTIBLE = (
    ews.ErrorMimeContentConversionFailed,
    ews.ErrorMimeContentInvalid,
    ews.ErrorMimeContentInvalidBase64String,
    ews.ErrorContentConversionFailed,
    ews.ErrorCorruptData,
    ews.ErrorItemCorrupt,
    ews.ErrorMessageSizeExceeded,
)
"""The server can't give the MIME of one message, and won't tomorrow."""


class Redirected(RequestException):
    """A reply that sends us on; followed by nobody. `host` is empty where it stays on its own."""

    def __init__(self, host: str) -> None:
        super().__init__("sent on to another address")
        self.host = host


_FROM_OUTSIDE = (
    ews.EWSError,
    RequestException,
    OAuth2Error,
    LxmlError,
    # A reply that exchangelib does not expect breaks it anywhere.
    ValueError,
    TypeError,
    AttributeError,
    LookupError,
)


@contextmanager
def exchange_errors(where: str) -> Iterator[None]:
    """Translate every failure of exchangelib, requests, oauthlib and lxml.

    Raises: TryLater: `postbox.away`, `postbox.busy` (with `back_off_seconds`),
    `postbox.redirected`, `postbox.answer_unclear`. Refused: `postbox.login_refused`,
    `postbox.certificate`, `postbox.no_right`, `postbox.folder_missing`,
    `postbox.mailbox_missing`, `postbox.command_refused`.
    """
    try:
        yield
    except _FROM_OUTSIDE as exc:
        raise translated(exc, where) from exc


@contextmanager
def naming(mailbox: str, deed: str) -> Iterator[None]:
    """A right that is missing, or a folder, is told with the deed that it was missed for.

    `deed` goes on after "may not". Raises: as what is inside.
    """
    try:
        yield
    except Refused as exc:
        answer = exc.details.get("answer")
        if answer is None or exc.code not in {"postbox.no_right", "postbox.folder_missing"}:
            raise
        raise Refused(
            exc.code,
            f"The account may not {deed} in {mailbox} ({answer}). Give it full access to the"
            " mailbox, or look whether the folder is still there.",
            **exc.details | {"mailbox": mailbox},
        ) from exc.__cause__


def is_broken(exc: HouseError) -> bool:
    """True if the connection must be thrown away after this error."""
    return exc.code in {"postbox.away", "postbox.answer_unclear", "postbox.login_refused"}


def is_token_refused(exc: HouseError) -> bool:
    """True if the mailbox's server refused a token; not if the token service refused the secret.

    Nor if the refusal was only told again, of something that another driver had tried.
    """
    return isinstance(exc.__cause__, ews.UnauthorizedError)


def named_wait(answers: Iterable[object], where: str) -> HouseError | None:
    """The first of several answers that names a time in which nothing more shall be asked."""
    for answer in answers:
        if isinstance(answer, _BUSY) and getattr(answer, "back_off", None):
            return translated(answer, where)
    return None


def translated(exc: BaseException, where: str) -> HouseError:
    """The error of the house; its text never repeats a reply, which may hold pieces of a mail."""
    name = type(exc).__name__
    if isinstance(exc, (ews.UnauthorizedError, OAuth2Error)):
        return Refused(
            "postbox.login_refused",
            f"{where} refused the login ({name}). Correct user and password; Postlotse waits"
            " before it tries again, so that the account is not locked.",
            host=where,
        )
    if "CERTIFICATE_VERIFY_FAILED" in str(exc):  # all that exchangelib leaves of it
        return Refused(
            "postbox.certificate",
            f"Certificate of {where} is not trusted. Name the file of the right certificate"
            " authority (ca_file), or correct the host name.",
            host=where,
        )
    if isinstance(exc, _BUSY):
        back_off_seconds = float(getattr(exc, "back_off", None) or 0)
        return TryLater(
            BUSY,
            f"{where} can't now ({name}). It named a wait of {back_off_seconds:.1f} s.",
            host=where,
            back_off_seconds=back_off_seconds,
        )
    if isinstance(exc, Redirected):
        return TryLater(
            "postbox.redirected",
            f"{where} sends us on to {exc.host or 'another address of its own'}. Postlotse goes"
            " nowhere but to the addresses configured, and no login was sent there. If the mailbox"
            " was moved, correct endpoint (or token_url); if not, look for a proxy in between.",
            host=where,
            target=exc.host,
        )
    if isinstance(exc, _MOVING):
        return TryLater(
            "postbox.away",
            f"{where} answers, but has no way to the mailbox ({name}): it is being moved or its"
            " store fails over. Tried again; if it stays, ask whether the mailbox was moved.",
            host=where,
        )
    if isinstance(exc, (*_AWAY, RequestException)) or type(exc) is ews.TransportError:
        return TryLater(
            "postbox.away",
            f"No reply from {where} ({name}). Look after server, name and network.",
            host=where,
        )
    return _refusal(exc, name, where)


def _refusal(exc: BaseException, name: str, where: str) -> HouseError:
    codes = (
        (_NO_RIGHT, "postbox.no_right"),
        (_NO_FOLDER, "postbox.folder_missing"),
        (_NO_MAILBOX, "postbox.mailbox_missing"),
        ((ews.ResponseMessageError,), "postbox.command_refused"),
    )
    for kinds, code in codes:
        if isinstance(exc, kinds):
            return Refused(
                code,
                f"{where} refused ({name}). Look after mailbox, folder and the account's rights.",
                host=where,
                answer=name,
            )
    return TryLater(
        "postbox.answer_unclear",
        f"{where} gave an answer that is not EWS ({name}). If it stays so, look after the address"
        " (endpoint), or for a proxy or virus scanner in between.",
        host=where,
    )
