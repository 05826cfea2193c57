"""The sign-in service as this house knows it: its metadata and its keys, kept for some time.

Source: OpenID Connect Discovery 1.0 sections 3, 4; OpenID Connect Core 1.0 section 10.1.1 (keys
are exchanged by appearing in the key set: an unknown one means: look again).
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet, RSAKey

from api.oidc import wire
from api.oidc.plan import OidcPlan
from rules.errors import Refused, TryLater, Unreadable
from rules.pause import is_over

FRESH: Final = timedelta(hours=1)
"""So old may metadata and keys be before they are asked for again. Source: own decision 0056."""

LOOK_AGAIN: Final = timedelta(seconds=30)
"""Longest pause between two looks for an unknown key: a stranger's tokens make no flood of ours.
Source: own decision 0056."""

SAID_CHARS_MAX: Final = 200
"""So much of a name that we don't know is repeated. Own decision 0056."""

RSA_BITS_MIN: Final = 2048
"""Source: RFC 7518 section 3.3."""

Key = RSAKey | ECKey


@dataclass(frozen=True, slots=True)
class Metadata:
    """What the service says of itself; addresses are https."""

    authorize: str
    token: str
    keys: str
    end_session: str
    wants_post: bool
    """Whether the client's secret goes into the form, where no basic login is offered."""
    names_itself: bool
    """Whether each answer names the issuer. Source: RFC 9207 section 3."""


class Provider:
    """Metadata and keys of one service. Safe to share between threads.

    One asks the service. Meanwhile who needs what is known already goes on with it, however old;
    others wait.
    """

    __slots__ = (
        "_asking", "_away", "_clock", "_keys", "_keys_at", "_looks", "_metadata", "_metadata_at",
        "_told_at", "_tried_at", "plan",
    )  # fmt: skip

    def __init__(self, plan: OidcPlan, clock: Callable[[], datetime]) -> None:
        self.plan = plan
        self._clock = clock
        self._asking = threading.Lock()
        self._looks = 0
        self._away: TryLater | None = None
        self._metadata: Metadata | None = None
        self._metadata_at: datetime | None = None
        self._keys: dict[str, Key] = {}
        self._keys_at: datetime | None = None
        self._tried_at: datetime | None = None
        self._told_at: datetime | None = None

    def metadata(self) -> Metadata:
        """What the service says of itself, an hour old at most unless it is away.

        Raises: TryLater: `signin.away`. Unreadable: `signin.answer`. Refused: `signin.issuer`,
        `signin.host`.
        """
        known = self._metadata
        if known is not None and not self._is_old(self._metadata_at, FRESH):
            return known
        with self._turn(known) as is_mine:
            return self._known_metadata() if known is None or is_mine else known

    def key(self, number: str | None) -> Key:
        """The key of that number (kid), or the only one where a token names none.

        An unknown number makes us look again, so that a rotated key is found at once.
        Raises: Refused: `auth.token_key`. TryLater, Unreadable: as `metadata`.
        """
        found = self._pick(number)
        if found is None or self._is_old(self._keys_at, FRESH):
            with self._turn(found) as is_mine:
                if is_mine:
                    found = self._looked_up(number)
        if found is None:
            raise Refused("auth.token_key", "the token is signed by a key that the issuer has not")
        return found

    @contextmanager
    def _turn(self, known: object) -> Iterator[bool]:
        """Whether it is on this caller to look: one at a time, and who knows nothing waits for it.

        Who has waited for a look that failed does not look himself: they would hang one after the
        other, and with them all threads of the house.
        """
        before = self._looks
        if not self._asking.acquire(blocking=known is None):
            yield False
            return
        try:
            if known is None and self._looks != before:
                self._require_answered()
            self._away = None
            yield True
        except TryLater as away:
            self._away = away
            raise
        finally:
            self._looks += 1
            self._asking.release()

    def _require_answered(self) -> None:
        if self._away is not None:
            raise TryLater(self._away.code, self._away.message, **self._away.details)

    def _looked_up(self, number: str | None) -> Key | None:
        found = self._pick(number)
        if found is None or self._is_old(self._keys_at, FRESH):
            self._look_for_keys(needed=found is None)
        return self._pick(number)

    def _pick(self, number: str | None) -> Key | None:
        if number is None:
            keys = tuple(self._keys.values())
            return keys[0] if len(keys) == 1 else None
        return self._keys.get(number)

    def _is_old(self, at: datetime | None, limit: timedelta) -> bool:
        return at is None or is_over(at, now=self._clock(), pause=limit)

    def _look_for_keys(self, *, needed: bool) -> None:
        # While the service is away, nobody with a known key waits for it at each token.
        if not self._is_old(self._keys_at if needed else self._tried_at, LOOK_AGAIN):
            return
        self._tried_at = self._clock()
        try:
            self._keys = _usable(self._get(self._known_metadata().keys))
            self._keys_at = self._clock()
        except TryLater:
            # An old key that is known stays good while the service is away.
            if needed:
                raise

    def _known_metadata(self) -> Metadata:
        known = self._metadata
        is_old = self._is_old(self._metadata_at, FRESH)
        if known is not None and not (is_old and self._is_old(self._told_at, LOOK_AGAIN)):
            return known
        self._told_at = self._clock()
        try:
            said = self._get(f"{self.plan.issuer.rstrip('/')}/.well-known/openid-configuration")
        except TryLater:
            if known is None:
                raise
            return known
        found = read_metadata(said, self.plan.issuer)
        require_hosts(found, self.plan.hosts)
        self._metadata, self._metadata_at = found, self._clock()
        return self._metadata

    def _get(self, url: str) -> dict[str, Any]:
        return wire.get_json(
            url, ca_file=self.plan.ca_file, timeout_seconds=self.plan.timeout_seconds
        )


def read_metadata(said: dict[str, Any], issuer: str) -> Metadata:
    """Raises: Refused: `signin.issuer`. Unreadable: `signin.answer`.

    Source: OpenID Connect Discovery 1.0 section 4.3 (issuer sign by sign, against mix-up).
    """
    named = str(said.get("issuer"))[:SAID_CHARS_MAX]
    if said.get("issuer") != issuer:
        raise Refused(
            "signin.issuer",
            f"the service calls itself {named!r}, [oidc] issuer is {issuer!r}; they must match",
        )
    methods = said.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    return Metadata(
        authorize=_address(said, "authorization_endpoint"),
        token=_address(said, "token_endpoint"),
        keys=_address(said, "jwks_uri"),
        end_session=_address(said, "end_session_endpoint", needed=False),
        wants_post="client_secret_basic" not in methods,
        names_itself=said.get("authorization_response_iss_parameter_supported") is True,
    )


def require_hosts(metadata: Metadata, hosts: frozenset[str] | None) -> None:
    """Pass if what we ask ourselves is on the list; browsers go where they are sent.

    Raises: Refused: `signin.host`. Source: own decision 0095.
    """
    for address in (metadata.token, metadata.keys):
        host = urlsplit(address).hostname or ""
        if hosts is not None and host not in hosts:
            raise Refused(
                "signin.host",
                f"the service's metadata names {host}, which is not in outgoing.hosts",
                host=host,
            )


def _address(said: dict[str, Any], name: str, *, needed: bool = True) -> str:
    found = said.get(name)
    if found is None and not needed:
        return ""
    if not isinstance(found, str) or not found.startswith("https://"):
        raise Unreadable("signin.answer", f"the service's metadata has no https {name}")
    return found


def _usable(said: dict[str, Any]) -> dict[str, Key]:
    """The keys that can check signatures, by number; others are passed over.

    Source: RFC 7517 section 5 (keys that are not understood are ignored).
    """
    found: dict[str, Key] = {}
    listed = said.get("keys")
    for one in listed if isinstance(listed, list) else []:
        key = _key(one)
        if key is not None:
            found[str(one.get("kid", ""))] = key
    return found


def _key(said: object) -> Key | None:
    if not isinstance(said, dict) or said.get("use", "sig") != "sig":
        return None
    # A secret or private key in a public list is a mistake of the service, never used here.
    if said.get("kty") not in {"RSA", "EC"} or "d" in said:
        return None
    if said["kty"] == "RSA" and len(str(said.get("n", ""))) * 6 < RSA_BITS_MIN:
        return None
    try:
        key = KeySet.import_key_set({"keys": [said]}).keys[0]
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    return key if isinstance(key, (RSAKey, ECKey)) else None
