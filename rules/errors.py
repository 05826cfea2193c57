"""The four ways in which work can fail; every other exception is a bug.

Whether a failure is permanent is decided where it is known, at the edge, and travels
with the error: only `TryLater` is ever repeated. Codes are stable and are what tests and
API clients compare; texts may change. Texts name thing, place and remedy, never mail content.
Source: own decision 0006.
"""

from typing import ClassVar


class HouseError(Exception):
    """Base of all errors that the house raises on purpose.

    `code` is a stable dotted name (`postbox.folder_missing`); `details` holds ids, paths
    and codes for logs and problem+json, never content of a mail.
    """

    permanent: ClassVar[bool] = True

    def __init__(self, code: str, message: str, **details: object) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.details = details


class Refused(HouseError):  # noqa: N818 - named after what happened, as the whole tree is
    """The request is wrong or forbidden and stays so: repeating it changes nothing."""


class TryLater(HouseError):  # noqa: N818
    """A neighbour (server, disk, database) is away; the same call may succeed later."""

    permanent: ClassVar[bool] = False


class Unreadable(HouseError):  # noqa: N818
    """The bytes of one mail, file or row can't be understood; it is set aside, the next goes on."""


class Conflict(HouseError):  # noqa: N818
    """Somebody else was faster: stale lease, changed version, used key. Reload, then decide."""
