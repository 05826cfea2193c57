"""How many requests the HTTP doors bear, of each process of its own (api/throttle.py)."""

from pydantic import Field

from triage.settings.part import Part


class LimitSettings(Part):
    """`…_burst` requests at once, then so many a second or minute; 0 a second sets no limit.

    Source of the defaults: own decision 0088.
    """

    caller_per_second: float = Field(default=100.0, ge=0)
    caller_burst: int = Field(default=1000, ge=1)
    address_per_second: float = Field(default=100.0, ge=0)
    address_burst: int = Field(default=2000, ge=1)
    attempts_per_minute: float = Field(default=60.0, ge=0)
    attempts_burst: int = Field(default=120, ge=1)
