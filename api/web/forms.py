"""The fields of the desk's forms, each named once."""

from collections.abc import Mapping
from typing import Annotated, Final

from fastapi import Form

Token = Annotated[str, Form(min_length=1, max_length=200)]
OptionalToken = Annotated[str, Form(max_length=200)]
OptionalItem = Annotated[int | None, Form()]
AgencyCode = Annotated[str, Form(max_length=20)]
LineCode = Annotated[str, Form(max_length=20)]
Reason = Annotated[str, Form(max_length=2000)]
TypedDay = Annotated[str, Form(max_length=30)]

SECOND: Final = "second"
"""The field of the second text in the answer's form; kept beside the gaps after a refusal."""

_GAP: Final = "gap-"


def typed_gaps(posted: Mapping[str, str]) -> dict[str, str]:
    """Of an answer's form the gaps by their names, and the second text that was chosen.

    A gap left empty is missing; it is no value that doesn't fit.
    """
    return {
        key.removeprefix(_GAP): value
        for key, value in posted.items()
        if (key.startswith(_GAP) and value.strip()) or key == SECOND
    }
