"""The machines' keys, of the configuration and of the store, and their tokens from elsewhere."""

import hmac
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import partial
from hashlib import sha256
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from api.doors import KEY_SEPARATOR, ApiKey
from api.gathering import Gathering
from rules.access import Caller
from rules.errors import Refused
from triage import keys as stored
from triage.house import House

_TOKEN_DOTS: Final = 2
"""A signed token has three parts, a key has two. Source: RFC 7515 section 7.1."""

KEY_CHARS_MAX: Final = 200
"""Our keys have 43 characters behind the name; argon2 is not paid for more."""


class KeyRing:
    """The machines' keys. Argon2 is paid once a key and process; safe to share between threads.

    A key of the store is looked up at each request: revoked is revoked at once. Requests of the
    same moment share a look, which begins after each of them has come.
    """

    __slots__ = (
        "_accepted",
        "_by_name",
        "_checking",
        "_hasher",
        "_house",
        "_looks",
        "_of_token",
        "_proved",
        "_today",
    )

    def __init__(
        self,
        keys: tuple[ApiKey, ...],
        house: House | None = None,
        of_token: Callable[[str], Caller] | None = None,
        *,
        today: Callable[[], date] | None = None,
    ) -> None:
        """`keys` are those of the configuration; without a `house` there are no others."""
        self._by_name = {key.name: key for key in keys}
        self._house = house
        self._looks = Gathering(partial(stored.holding_each, house)) if house else None
        self._of_token = of_token
        self._today = today or (partial(_today_of, house) if house else _no_day)
        self._hasher = PasswordHasher()
        # Digest of each key that argon2 has accepted, by its hash; at most one entry a key.
        self._proved: dict[str, bytes] = {}
        # The same digests: whether a look into the store can end in "yes".
        self._accepted: set[bytes] = set()
        # One argon2 at a time: it takes 64 MiB and a core, for wrong keys as for right ones.
        self._checking = threading.Lock()

    def caller(self, key: str) -> Caller:
        """Whose key or token this is. Raises: Refused: `auth.key_wrong`, `auth.token_*`."""
        if self._of_token is not None and key.count(KEY_SEPARATOR) == _TOKEN_DOTS:
            return _machine(self._of_token(key))
        name = key.partition(KEY_SEPARATOR)[0]
        if len(key) > KEY_CHARS_MAX:
            raise _wrong()
        known = self._by_name.get(name)
        if known is not None:
            over = known.expires is not None and known.expires < self._today()
            if over or not self._fits(known.hash, key):
                raise _wrong()
            return _caller_of(known)
        return self._stored(name, key)

    async def known(self, key: str) -> Caller | None:
        """As `caller`, for a key that argon2 has accepted before, without a thread of its own.

        None: `caller` must say. Raises: TryLater: `store.away`.
        """
        digest = sha256(key.encode()).digest()
        name = key.partition(KEY_SEPARATOR)[0]
        known = self._by_name.get(name)
        if known is not None:
            over = known.expires is not None and known.expires < self._today()
            return None if over or not self._is_proved(known.hash, digest) else _caller_of(known)
        if self._looks is None or digest not in self._accepted:
            return None
        row = await self._looks.ask(name)
        # On the first use of a day there is something to write.
        if row is None or row.last_used_on != self._today():
            return None
        return _machine(row.caller) if self._is_proved(row.hash, digest) else None

    def _is_proved(self, hashed: str, digest: bytes) -> bool:
        return hmac.compare_digest(self._proved.get(hashed, b""), digest)

    def _stored(self, name: str, key: str) -> Caller:
        row = stored.holding(self._house, name) if self._house else None
        if self._house is None or row is None or not self._fits(row.hash, key):
            raise _wrong()
        stored.note_use(self._house, row)
        return _machine(row.caller)

    def _fits(self, hashed: str, key: str) -> bool:
        digest = sha256(key.encode()).digest()
        if self._is_proved(hashed, digest):
            return True
        with self._checking:
            # Who waited here while another proved the same key need not pay again.
            if self._is_proved(hashed, digest):
                return True
            try:
                self._hasher.verify(hashed, key)
            except (VerificationError, InvalidHashError):
                return False
        self._proved[hashed] = digest
        self._accepted.add(digest)
        return True


def _caller_of(known: ApiKey) -> Caller:
    return Caller(
        name=known.name,
        role=known.role,
        agencies=None if known.agencies is None else frozenset(known.agencies),
        regions=None if known.regions is None else frozenset(known.regions),
        is_person=False,
    )


def _machine(caller: Caller) -> Caller:
    """Whoever holds the key: it is no person where two are asked for. Own decision 0101."""
    return replace(caller, is_person=False)


def _today_of(house: House) -> date:
    return house.today()


def _no_day() -> date:
    """For a ring that is told no day: then no key of the configuration is over."""
    return date.min


def _wrong() -> Refused:
    """The same for a name that is not known, a wrong key, and one that is over or revoked."""
    return Refused("auth.key_wrong", "this key is not known; ask the admin for a new one")
