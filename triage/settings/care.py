"""What the house does by itself with time: figures by day, deletion, the trail's anchor."""

from pathlib import Path
from typing import Annotated

from pydantic import Field

from rules.codes import Concern
from rules.retention import HOUSE_RETENTION
from triage.settings.part import Part


class FiguresSettings(Part):
    """Statistics by day: which numbers are too small to be shown, and names for the export.

    `geschaeftsvorgaenge = { au = "4711 Veränderungsmitteilung AU" }` names a concern as BEO does.
    `kontaktcodes` likewise says under which Kontaktcode it is counted (R13).
    """

    small_cell: int = Field(default=5, ge=0, le=100)
    geschaeftsvorgaenge: dict[Concern, Annotated[str, Field(min_length=1, max_length=100)]] = Field(
        default_factory=dict
    )
    kontaktcodes: dict[Concern, Annotated[str, Field(min_length=1, max_length=100)]] = Field(
        default_factory=dict
    )


class SweepSettings(Part):
    """Deletion: periods in days with the ground each rests on, and when a worker runs by itself.

    A period that no law names says "Hausregel" in its ground.
    """

    hour: int | None = Field(default=None, ge=0, le=23)
    done_days: int = Field(default=HOUSE_RETENTION.done.days, ge=1)
    done_source: str = HOUSE_RETENTION.done.source
    aside_days: int = Field(default=HOUSE_RETENTION.aside.days, ge=1)
    aside_source: str = HOUSE_RETENTION.aside.source
    gone_days: int = Field(default=HOUSE_RETENTION.gone.days, ge=1)
    gone_source: str = HOUSE_RETENTION.gone.source
    batch_mails: int = Field(default=100, ge=1, le=500)
    plan_mails: int = Field(default=20_000, ge=1, le=100_000)


class TrailSettings(Part):
    """A file outside the database that notes the head of the trail once a day."""

    anchor: Path | None = None
