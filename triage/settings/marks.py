"""The table `[marks]` of the configuration: what stands on mails in Outlook, and what it does."""

from typing import Literal

from pydantic import model_validator

from rules.codes import Concern
from rules.errors import Refused
from rules.marks import OWN_NAMES, Effect, MarkBook, MarkRule, OwnMark
from triage.settings.part import Part


class PeopleMark(Part):
    """A mark that people set in Outlook, and what it does; `concern` with `correct` only."""

    mark: str
    effect: Effect
    concern: Concern | None = None


class MarksSettings(Part):
    """Marks on mails in the postbox: `read` follows those of people, `write` sets ours, too."""

    mode: Literal["off", "read", "write"] = "read"
    in_work: str = OWN_NAMES[OwnMark.IN_WORK]
    done: str = OWN_NAMES[OwnMark.DONE]
    handed_over: str = OWN_NAMES[OwnMark.HANDED_OVER]
    people: tuple[PeopleMark, ...] = ()

    def book(self) -> MarkBook:
        """The names and effects. Raises: Refused: `mark.name`, `mark.twice`, `mark.concern`."""
        return MarkBook(
            own={
                OwnMark.IN_WORK: self.in_work,
                OwnMark.DONE: self.done,
                OwnMark.HANDED_OVER: self.handed_over,
            },
            people=tuple(MarkRule(one.mark, one.effect, one.concern) for one in self.people),
        )

    @model_validator(mode="after")
    def _is_a_book(self) -> "MarksSettings":
        try:
            self.book()
        except Refused as exc:
            raise ValueError(exc.message) from exc
        return self
