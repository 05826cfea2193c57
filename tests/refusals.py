"""What a call is refused with, by its stable code."""

from collections.abc import Callable

import pytest

from rules.errors import HouseError


def code_of(call: Callable[..., object], *args: object, **named: object) -> str:
    """The code of the error that the call ends with; it must end with one."""
    with pytest.raises(HouseError) as caught:
        call(*args, **named)
    return caught.value.code
