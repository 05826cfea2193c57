"""The fields of the desk's forms, each named once."""

from typing import Annotated

from fastapi import Form

Token = Annotated[str, Form(min_length=1, max_length=200)]
OptionalToken = Annotated[str, Form(max_length=200)]
OptionalItem = Annotated[int | None, Form()]
AgencyCode = Annotated[str, Form(max_length=20)]
LineCode = Annotated[str, Form(max_length=20)]
Reason = Annotated[str, Form(max_length=2000)]
TypedDay = Annotated[str, Form(max_length=30)]
