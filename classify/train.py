"""Train a model on labelled mail: pipelines, calibration and thresholds, reproducibly."""

from collections.abc import Sequence

from classify.corpus import Example
from classify.model import Model


def train(examples: Sequence[Example], *, seed: int) -> Model:
    """Fit everything on the examples; thresholds come from writers held out one group at a time.

    Same examples in the same order, same seed, same library versions: same weights.

    Raises:
        Refused: `train.too_few` if there are fewer than two labels or two writers' worth of mail.
    """
    raise NotImplementedError
