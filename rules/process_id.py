"""The number by which an XDOMEA receiver names a hand-over in its answers (ProzessID).

It is made from the key and can be turned back into it: an answer finds its row without a table
beside, also after a restore. Pure. Source: RFC 9562 section 5.8 (version 8); own decision 0065.
"""

import re
from typing import Final
from uuid import UUID

_KEY: Final = re.compile(r"eakte-([0-9]{1,12})-([0-9]{1,12})-([0-9a-f]{12})", re.ASCII)
_NUMBER_BITS: Final = 37
"""Of message and verdict; with the 48 bits of the checksum they fill the 122 free bits."""
_NUMBER_MAX: Final = (1 << _NUMBER_BITS) - 1
_LOW_BITS: Final = 62
"""Free bits behind the variant. Source: RFC 9562 section 5.8 (custom_c)."""


def of_key(key: str) -> UUID | None:
    """The number of a hand-over; None for a key of another form. Own decision 0065."""
    found = _KEY.fullmatch(key)
    if found is None:
        return None
    message_id, verdict_id = int(found[1]), int(found[2])
    if max(message_id, verdict_id) > _NUMBER_MAX:
        return None
    numbers = (message_id << _NUMBER_BITS) | verdict_id
    middle, low = numbers >> _LOW_BITS, numbers & ((1 << _LOW_BITS) - 1)
    return UUID(int=(int(found[3], 16) << 80) | (8 << 76) | (middle << 64) | (2 << 62) | low)


def key_of(number: UUID) -> str | None:
    """The key that the number was made from; None for a number that is none of ours.

    Source: own decision 0065.
    """
    # Of another variant there is no version.
    if number.version != 8:
        return None
    value = number.int
    middle, low = (value >> 64) & 0xFFF, value & ((1 << _LOW_BITS) - 1)
    numbers = (middle << _LOW_BITS) | low
    return f"eakte-{numbers >> _NUMBER_BITS}-{numbers & _NUMBER_MAX}-{value >> 80:012x}"
