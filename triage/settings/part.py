"""What every table of the configuration has in common."""

from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict


class Part(BaseModel):
    """A table of the file. Unknown keys are errors: a typing error must not switch a rule off."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    def anchored(self, base: Path) -> Self:
        """The same with every path in it made absolute, in the tables below it too.

        Relative paths start at `base`, the folder of the file, so that the working directory
        never matters.
        """
        return self.model_copy(update={name: _anchored(value, base) for name, value in self})


def _anchored(value: object, base: Path) -> object:
    match value:
        case Part():
            return value.anchored(base)
        case Path():
            return base / value
        case tuple():
            return tuple(_anchored(one, base) for one in value)
        case _:
            return value
