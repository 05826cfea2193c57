"""What a supervisor sees of the line."""

from pydantic import Field

from api.schemas.base import Out
from api.schemas.items import ItemOut


class StuckPage(Out):
    """One page of what can be freed; `next_cursor` is null on the last."""

    items: list[ItemOut]
    next_cursor: str | None = Field(examples=["aToxMjg0"])
