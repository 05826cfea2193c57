"""One signed file for a model."""

from pathlib import Path

from classify.model import HOUSE_LABELS, Model


def save(model: Model, path: Path, key: bytes) -> None:
    """Write the model, signed with `key`; the file appears whole or not at all."""
    raise NotImplementedError


def load(path: Path, key: bytes, *, labels: frozenset[str] | None = HOUSE_LABELS) -> Model:
    """Read a model back; nothing of an unsigned file is unpacked.

    `labels` is the label set that the caller needs; None takes any (measuring public data).

    Raises:
        Refused: `model.missing`, `model.signature` (changed file or wrong key), `model.version`
            (other format or library version), `model.labels` (other label set).
    """
    raise NotImplementedError
