"""The way to one Exchange mailbox: a fixed endpoint, a login, TLS, and replies that are whole.

exchangelib does login, envelope and faults; what it does not do well is cured here and in
replies.py. It keeps no state of ours, looks nothing up (no autodiscover), and repeats nothing
(`FailFast`).
Source: exchangelib 5.6.0, read and measured 2026-11-23; own decision 0034.
"""

import logging
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from exchangelib import (
    BASIC,
    DELEGATE,
    GSSAPI,
    IMPERSONATION,
    NTLM,
    OAUTH2,
    UTC,
    Account,
    Build,
    Configuration,
    Credentials,
    OAuth2Credentials,
    Version,
)
from exchangelib.protocol import Protocol
from exchangelib.transport import AUTH_TYPE_MAP
from requests.utils import get_environ_proxies

from ingest.exchange.errors import exchange_errors
from ingest.exchange.replies import OnceOnly, WholeReplies
from rules.errors import Refused

_AUTH = {"basic": BASIC, "ntlm": NTLM, "kerberos": GSSAPI, "oauth2": OAUTH2}
_ACCESS = {"delegate": DELEGATE, "impersonation": IMPERSONATION}
_EXCHANGE_2016 = Build(15, 1)
"""Understood by 2016, 2019 and SE; given, so that nothing is probed before the login."""


@dataclass(frozen=True, slots=True)
class ExchangeAccount:
    """Where, as whom, and to which mailbox. `user` is the client id with `oauth2`.

    With `kerberos` both user and password are empty: the ticket lies outside.

    `ca_file` is the PEM file of the house's own certificate authority, None for the system's.
    No reply is read beyond `longest_reply_bytes`, unpacked; a mail is a third longer there.
    `token_url` and `scope` belong to `oauth2`: client credentials, RFC 6749 section 4.4.
    """

    endpoint: str
    mailbox: str
    user: str
    password: str = field(repr=False)
    auth: Literal["basic", "ntlm", "kerberos", "oauth2"] = "ntlm"
    access: Literal["delegate", "impersonation"] = "delegate"
    token_url: str = ""
    scope: str = ""
    ca_file: Path | None = None
    timeout_seconds: float = 60.0
    longest_reply_bytes: int = 128 * 1024 * 1024

    @property
    def where(self) -> str:
        """Host and port, for messages and logs."""
        return urlsplit(self.endpoint).netloc


class _ClientCredentials(OAuth2Credentials):  # type: ignore[misc]  # exchangelib ships no types
    """Client credentials at any token service; exchangelib knows that of Microsoft's cloud only."""

    def __init__(self, account: ExchangeAccount) -> None:
        super().__init__(client_id=account.user, client_secret=account.password)
        self._token_url, self._scope = account.token_url, account.scope

    @property
    def token_url(self) -> str:
        """Where tokens are given."""
        return self._token_url

    @property
    def scope(self) -> list[str]:
        """What the token is for."""
        return self._scope.split()

    def session_params(self) -> dict[str, Any]:
        """Without a refresh address: this grant has no refresh token, a new token is asked for.

        Source: RFC 6749 section 4.4.3.
        """
        return {"token": self.access_token}


def connect(account: ExchangeAccount) -> Account:
    """A mailbox ready to be asked; nothing is sent yet, but a token may be fetched later.

    Each has a connection of its own: exchangelib would share one, with its policy, among all
    mailboxes of a login. Raises: Refused: `postbox.no_tls`, `postbox.ca_file`,
    `postbox.no_kerberos`.
    """
    if urlsplit(account.endpoint).scheme != "https":
        raise Refused(
            "postbox.no_tls",
            f"Endpoint {account.endpoint} is not https: Postlotse sends no password in the clear.",
            host=account.where,
        )
    if account.auth == "kerberos":
        _require_kerberos(account.where)
    # It logs whole requests and replies where it is surprised.
    logging.getLogger("exchangelib").setLevel(logging.CRITICAL + 1)
    with exchange_errors(account.where):
        config = Configuration(
            service_endpoint=account.endpoint,
            credentials=_credentials(account),
            auth_type=_AUTH[account.auth],
            version=Version(_EXCHANGE_2016),
            retry_policy=OnceOnly(),
            max_connections=1,
        )
        opened = Account(
            account.mailbox,
            config=config,
            access_type=_ACCESS[account.access],
            default_timezone=UTC,
        )
        with suppress(KeyError):
            del Protocol[config]
        opened.protocol = _protocol(config, account)
    return opened


def disconnect(opened: Account) -> None:
    """Close the connection; never raises."""
    with suppress(OSError):
        opened.protocol.close()


def _protocol(config: Configuration, account: ExchangeAccount) -> Protocol:
    verify = _authorities(account.ca_file)

    class Wire(Protocol):  # type: ignore[misc]  # exchangelib ships no types
        """The connection of this mailbox: settings that exchangelib knows for a class only."""

        TIMEOUT = account.timeout_seconds
        RETRY_WAIT = 0  # it stands for the wait that no server named

        @classmethod
        def get_adapter(cls) -> WholeReplies:
            return WholeReplies(verify, account.longest_reply_bytes)

        @classmethod
        def raw_session(cls, *args: Any, **how: Any) -> Any:  # noqa: ANN401 - exchangelib's own
            session = super().raw_session(*args, **how)
            return session if account.auth == "oauth2" else _proxies_read_once(session, account)

    return type.__call__(Wire, config=config)  # past the cache of the metaclass


def _proxies_read_once(session: Any, account: ExchangeAccount) -> Any:  # noqa: ANN401
    """Requests would read the whole environment twice a request, a tenth of a fetch's CPU time.

    Not with OAuth2, whose token service may be behind another proxy. Source: profile 2026-11-26.
    """
    session.proxies = get_environ_proxies(account.endpoint)
    session.trust_env = False
    return session


def _require_kerberos(where: str) -> None:
    """Exchangelib knows Kerberos only where this package was there when it was loaded.

    It is not among ours: its `gssapi` is built from source against the system's Kerberos.
    """
    if GSSAPI not in AUTH_TYPE_MAP:
        raise Refused(
            "postbox.no_kerberos",
            f"{where}: Kerberos needs the package requests-gssapi, which is not installed here."
            ' Install it (docs/exchange.md says how), or set auth = "ntlm".',
            host=where,
        )


def _credentials(account: ExchangeAccount) -> Credentials | OAuth2Credentials | None:
    if account.auth == "kerberos":
        return None
    if account.auth == "oauth2":
        return _ClientCredentials(account)
    return Credentials(account.user, account.password)


def _authorities(ca_file: Path | None) -> str | bool:
    """What requests takes as `verify`: the house's authority, else that of the system."""
    if ca_file is None:
        return ssl.get_default_verify_paths().cafile or True
    try:
        ssl.create_default_context(cafile=ca_file)
    except OSError as exc:  # also ssl.SSLError: the file holds no certificate
        raise Refused(
            "postbox.ca_file",
            f"Can't read a certificate from {ca_file}: give a PEM file as ca_file.",
            path=str(ca_file),
        ) from exc
    return str(ca_file)
