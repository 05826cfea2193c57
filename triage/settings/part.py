"""What every table of the configuration has in common."""

from pydantic import BaseModel, ConfigDict


class Part(BaseModel):
    """A table of the file. Unknown keys are errors: a typing error must not switch a rule off."""

    model_config = ConfigDict(extra="forbid", frozen=True)
