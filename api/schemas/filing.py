"""What admins see of moves that a postbox refused, and which of them are tried again."""

from datetime import datetime

from pydantic import Field

from api.schemas.base import In, Out


class MoveOut(Out):
    """A mail that should lie in `folder`, and why it does not: the postbox's last word."""

    id: int = Field(examples=[4711])
    message_id: int = Field(examples=[40721])
    postbox: str = Field(examples=["SC-West"])
    folder: str = Field(validation_alias="dst_folder", examples=["345 Essen/AU"])
    error_code: str = Field(examples=["postbox.no_right"])
    tries: int = Field(examples=[20])
    wished_at: datetime = Field(validation_alias="created_at")


class MovePage(Out):
    """One page, oldest first; `next_cursor` is null on the last."""

    moves: list[MoveOut]
    next_cursor: str | None = Field(examples=["aTo0NzEx"])


class MoveIn(In):
    """Which of them: one by its `id`, or all of an error; without anything: all."""

    id: int | None = Field(None, ge=1, le=2**53, examples=[4711])
    error_code: str = Field("", max_length=100, examples=["postbox.no_right"])


class DueAgainOut(Out):
    """How many are due again."""

    again: int = Field(examples=[12])
