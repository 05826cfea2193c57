"""A mail that is over the size limit on one way and not on another: once whole, once by its head.

Head and size say what such a mail is, as ever; both can be told of the whole one, with either kind
of line ends. Source: own decisions 0108, 0132.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from ingest.archive import received_at
from ingest.head_only import HEAD_LIMIT_BYTES, head_of
from rules.errors import Unreadable
from rules.postbox import Fetched, TooLarge
from store.mails import originals, same_mail
from store.mails.same_mail import Known
from triage.house import House

A_DAY: Final = timedelta(days=1)
"""Own fields and postbox tell times of receipt that are so near. Own decision 0132."""


def may_be_known(mail: Fetched | TooLarge) -> bool:
    """Whether it is worth asking: no limit is so low that smaller ones came by their head."""
    return isinstance(mail, TooLarge) or mail.size_bytes > HEAD_LIMIT_BYTES


def known(house: House, postbox: str, mail: Fetched | TooLarge) -> tuple[Known, ...]:
    """Messages of the postbox that are this mail, of which more, or less, than this was kept.

    Oldest first. Raises: TryLater: `store.away`.
    """
    if isinstance(mail, TooLarge):
        at = [mail.received_at, received_at(mail.head, at_most=house.clock())]
        return whole(house, postbox, mail.head, size_bytes=mail.size_bytes, at=at)
    wanted = {(originals.fingerprint(head), size) for head, size in heads(mail.data)}
    with house.db.read() as tx:
        found = same_mail.of_bytes(tx, postbox, hashes={digest for digest, _ in wanted})
    return tuple(one for one in found if (one.sha256, one.size_bytes) in wanted)


def whole(
    house: House, postbox: str, head: bytes, *, size_bytes: int, at: Iterable[datetime]
) -> tuple[Known, ...]:
    """Messages whose whole bytes are here, and have that head and size. They came in about then."""
    found = {}
    with house.db.read() as tx:
        # With LF it is at least half as long as with CRLF.
        for moment in at:
            for one in same_mail.of_arrival(
                tx,
                postbox,
                at=moment,
                within=A_DAY,
                smallest=size_bytes // 2,
                largest=2 * size_bytes,
            ):
                found[one.id] = one
    return tuple(one for _, one in sorted(found.items()) if _is_it(house, one, (head, size_bytes)))


def heads(data: bytes) -> frozenset[tuple[bytes, int]]:
    """What would have come of a whole mail if it were too large: head and size, by line ends.

    Counted, not made: three forms of a mail of 60 MB beside it are 230 MB.
    """
    # A byte of the other form takes two at most, and the last may be a CR before its LF.
    bare, ended = forms(data[: 2 * HEAD_LIMIT_BYTES + 1])
    bare_bytes = len(data) - data.count(b"\r\n")
    sizes = (len(data), bare_bytes, bare_bytes + data.count(b"\n"))
    return frozenset(
        (head_of(form[:HEAD_LIMIT_BYTES]), size)
        for form, size in zip((data, bare, ended), sizes, strict=True)
    )


def forms(data: bytes) -> tuple[bytes, bytes]:
    """The same with LF, and with CRLF, at the end of each line."""
    bare = with_lf(data)
    return bare, bare.replace(b"\n", b"\r\n")


def with_lf(data: bytes) -> bytes:
    """The same with LF at the end of each line."""
    return data.replace(b"\r\n", b"\n")


def _is_it(house: House, one: Known, wanted: tuple[bytes, int]) -> bool:
    """Read one by one: they are large."""
    with house.db.read() as tx:
        packed = originals.packed_many(tx, [one.sha256])
    try:
        data = originals.unpacked(packed[one.sha256], one.sha256)
    except Unreadable:
        return False
    return data is not None and wanted in heads(data)
