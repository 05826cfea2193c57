"""Events of the feed: ids and codes, no person, no content."""

from datetime import datetime

from pydantic import Field

from api.schemas.base import Out


class EventOut(Out):
    """One thing that happened; `item_id` and `agency_code` are those of now, null without item."""

    id: str = Field(examples=["20871"])
    type: str = Field(examples=["item.closed"])
    at: datetime = Field(examples=["2026-11-25T09:15:00Z"])
    message_id: int = Field(examples=[40721])
    item_id: int | None = Field(examples=[1284])
    agency_code: str | None = Field(examples=["435"])
    region: str = Field(examples=["Südwest"])


class EventPage(Out):
    """Events in order; come back with `next_cursor`, it is never null."""

    events: list[EventOut]
    next_cursor: str = Field(examples=["20871"])
