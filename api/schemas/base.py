"""What all requests and answers have in common, and the shape of a problem."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Out(BaseModel):
    """An answer, read off a value of the house by attribute."""

    model_config = ConfigDict(from_attributes=True)


class In(BaseModel):
    """A request. Unknown keys are refused: a typing error must not pass as "not given"."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class ProblemOut(Out):
    """RFC 9457, with a stable `code`. Compare codes; texts may change."""

    type: str = Field(examples=["urn:postlotse:item.lease_stale"])
    title: str = Field(examples=["Conflict"])
    status: int = Field(examples=[409])
    code: str = Field(examples=["item.lease_stale"])
    detail: str = Field(examples=["Item 1284 is not held by this lease (any more). Take it again."])
    details: dict[str, Any] = Field(examples=[{"item": 1284}])
