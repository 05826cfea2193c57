"""The model that this installation works with, and its judge: for tests that mean the real one."""

from functools import cache

from classify.judge import Judge
from classify.model import file as modelfile
from classify.model.model import Model
from triage import wiring
from triage.settings import Settings


@cache
def model() -> Model:
    """Read once a process."""
    return modelfile.load(wiring.default_model_path(), wiring.model_key(Settings()))


@cache
def judge() -> Judge:
    """Made once a process; it remembers words, and says the same of a mail all the same."""
    return Judge(model(), wiring.load_directory())
