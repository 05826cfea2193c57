"""What the settings tell the HTTP doors: where they listen, who may come in, how much they take.

Made once by the command line from the `[desk]` and `[[keys]]` tables; secrets come in as values.
"""

import re
import secrets
from dataclasses import dataclass
from datetime import date
from typing import Final

from argon2 import PasswordHasher

from api.buckets import Limits
from api.oidc.plan import OidcPlan
from rules.codes import Role
from rules.errors import Refused
from rules.loopback import LOOPBACK

SECRET_BYTES_MIN: Final = 32
"""Shortest session secret. Source: RFC 2104 section 3 (key at least as long as the hash output)."""

KEY_SEPARATOR: Final = "."
"""Stands between name and secret of a key; base64url text has none."""


_KEY_NAME: Final = re.compile(r"[ -\-/-9;-~]{1,100}")
"""No dot, which ends the name, and no colon: who acts by a command has one in the trail."""
_OF_THE_HOUSE: Final = frozenset({"demo", "door", "drop", "lists", "worker"})
"""Names under which the house itself stands in the trail."""
_PSEUDONYM: Final = re.compile(r"p-[a-z2-7]{16}")
"""As api/oidc/names.py makes them: the trail would say that a person did what a machine did."""


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A machine's key, as the settings keep it: never the key itself, only its argon2 hash.

    `agencies` and `regions` None means: no bound of that kind.
    """

    name: str
    hash: str
    role: Role
    agencies: tuple[str, ...] | None = None
    regions: tuple[str, ...] | None = None
    expires: date | None = None
    """Last local day on which it opens the door; None: no end."""


@dataclass(frozen=True, slots=True)
class DoorSettings:
    """Everything the doors ask of the settings.

    `demo` opens sign-in by one click and is refused beyond loopback. Limits are of the request
    body as sent; a mail in JSON takes a third more because of its base64.

    Raises: Refused: `door.demo_not_local`, `door.secret_short`, `door.key_twice`,
    `door.demo_and_oidc`.
    """

    host: str
    port: int
    session_secret: bytes
    demo: bool = False
    keys: tuple[ApiKey, ...] = ()
    session_minutes: int = 600
    idle_minutes: int = 60
    oidc: OidcPlan | None = None
    mail_limit_bytes: int = 60 * 1024 * 1024
    """Source: size limit of the postboxes (settings, size_limit_mb), the same for all ways in."""
    other_limit_bytes: int = 256 * 1024
    """Source: own decision 0021; ten times the desk's largest request, a reply with its body."""
    limits: Limits | None = None
    """How many requests are borne from one caller; None: any number (tests, measurements)."""

    def __post_init__(self) -> None:
        if self.demo and self.host not in LOOPBACK:
            raise Refused(
                "door.demo_not_local",
                f"demo sign-in on {self.host} would let anybody in; listen on 127.0.0.1",
                host=self.host,
            )
        if self.demo and self.oidc is not None:
            raise Refused(
                "door.demo_and_oidc",
                "desk.demo lets anybody in beside the sign-in service; switch one of them off",
            )
        if len(self.session_secret) < SECRET_BYTES_MIN:
            raise Refused(
                "door.secret_short",
                f"the session secret needs {SECRET_BYTES_MIN} bytes or more; "
                "make one with `openssl rand -base64 48`",
            )
        if self.oidc is not None and len(self.oidc.pseudonym_key) < SECRET_BYTES_MIN:
            raise Refused(
                "door.secret_short",
                f"the key of the pseudonyms needs {SECRET_BYTES_MIN} bytes or more; "
                "make one with `openssl rand -base64 48`",
            )
        names = [key.name for key in self.keys]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise Refused("door.key_twice", f"[[keys]] name {twice[0]} twice", names=twice)

    @property
    def pseudonym_key(self) -> bytes:
        """Makes names out of persons; the demo has invented ones only."""
        return self.oidc.pseudonym_key if self.oidc else self.session_secret


def new_key(name: str) -> tuple[str, str]:
    """A fresh key for a machine and its hash for the settings; for `postlotse keys new`.

    The key is `name.secret`, so that one hash, not all of them, is checked on arrival. It is
    shown once and kept nowhere.

    Raises: Refused: `door.key_name`.
    """
    taken = name in _OF_THE_HOUSE or _PSEUDONYM.fullmatch(name)
    if taken or not _KEY_NAME.fullmatch(name):
        raise Refused(
            "door.key_name",
            "a key's name is printable ASCII without dot and colon, no pseudonym of a person and"
            f" none of the house's own ({', '.join(sorted(_OF_THE_HOUSE))})",
            name=name,
        )
    key = f"{name}{KEY_SEPARATOR}{secrets.token_urlsafe(32)}"
    return key, PasswordHasher().hash(key)
