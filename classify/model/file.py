r"""One signed file for a model: plain numbers and words, HMAC-SHA256 over everything, no code.

    postlotse-model 4\n
    <64 hexadecimal digits: HMAC-SHA256 of all other bytes>\n
    <one line of JSON: origin, calibration, bounds, and the blocks of the table>\n
    <terms of all blocks, then those of the days, UTF-8, one a line>
    <idf of all blocks, sizes of steps, constant; weights and constant of the days: float32,
    little-endian>
    <weights in steps, row by row: a signed byte each>

Nothing behind the second line is looked at before the signature is right. Source: RFC 2104; own
decisions 0022 (signed file), 0027 (table instead of pipelines) and 0072 (weights in steps).
"""

import hashlib
import hmac
import io
import json
import math
import os
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from classify.model import fingerprint
from classify.model.model import HOUSE_LABELS, DayRoles, Familiar, Model, Origin
from classify.model.table import Block, Floats, Table
from classify.terms import Cut
from rules.errors import Refused

FORMAT_VERSION: Final = 4
_MAGIC: Final = b"postlotse-model "
_FLOAT: Final = np.dtype("<f4")

_TUPLES: Final = ("labels", "targets", "slopes", "offsets", "thresholds", "ranks")


def save(model: Model, path: Path, key: bytes) -> None:
    """Write the model, signed with `key`. The file appears whole or not at all.

    The same model gives the same bytes.
    """
    head, body = _head(), _body(model)
    write_whole(path, head + _mac(key, head, body) + b"\n" + body)


def _head() -> bytes:
    return _MAGIC + str(FORMAT_VERSION).encode() + b"\n"


def load(path: Path, key: bytes, *, labels: frozenset[str] | None = HOUSE_LABELS) -> Model:
    """Read a model back. `labels` is the label set the caller needs; None takes any.

    Raises:
        Refused: `model.missing`; `model.signature` (changed file or wrong key);
            `model.version` (other format, or other code that makes the rows);
            `model.labels` (other label set).
    """
    stream = _verified(path, key)
    model = _model(path, stream)
    if labels is not None and frozenset(model.labels) != labels:
        raise _refused("labels", path, _lacking(labels - frozenset(model.labels)))
    return model


def _lacking(labels: Iterable[str]) -> str:
    names = ", ".join(sorted(labels)) or "none"
    return f"has other labels than the house (it lacks: {names}); train it on house mail"


def _verified(path: Path, key: bytes) -> io.BytesIO:
    """A file whose signature is right and whose format is ours, to be read from its body on."""
    try:
        data = path.read_bytes()
    except OSError as exc:
        raise _refused("missing", path, "can't be read; run `postlotse train`") from exc
    stream = io.BytesIO(data)
    head, mac = stream.readline(), stream.readline()
    expected = _mac(key, head, memoryview(data)[stream.tell() :]) + b"\n"
    if not head.startswith(_MAGIC) or not hmac.compare_digest(mac, expected):
        raise _refused(
            "signature", path, "was changed or signed with another key; train or copy it anew"
        )
    if head != _head():
        raise _refused("version", path, f"is of another format than {FORMAT_VERSION}; train anew")
    return stream


def _body(model: Model) -> bytes:
    blocks = [
        {"name": block.name, "column": block.column, "cut": block.cut, "scale": block.scale}
        | {"sublinear": block.sublinear, "terms": len(block.terms)}
        for block in model.table.blocks
    ]
    terms = (*(block.terms for block in model.table.blocks), model.days.terms)
    words = "".join(f"{term}\n" for part in terms for term in part).encode()
    days = {"roles": model.days.roles, "terms": len(model.days.terms)}
    about = _about(model) | {"blocks": blocks, "days": days, "terms_bytes": len(words)}
    numbers = (
        *(block.idf for block in model.table.blocks),
        *(model.table.sizes, model.table.constant, model.days.weights, model.days.constant),
    )
    line = json.dumps(about, sort_keys=True).encode() + b"\n"
    parts = (*(part.astype(_FLOAT).tobytes() for part in numbers), model.table.weights.tobytes())
    return b"".join([line, words, *parts])


def _model(path: Path, stream: io.BytesIO) -> Model:
    about: dict[str, Any] = json.loads(stream.readline())
    origin = about.pop("origin")
    versions = tuple((name, number) for name, number in origin.pop("versions"))
    if origin.get("features_sha256") != fingerprint.of_features():
        raise _refused(
            "version",
            path,
            "was trained by other feature code than this; train anew with `postlotse train`",
        )
    table, days = _tables(about, stream)
    return Model(
        table=table,
        days=days,
        **{name: tuple(about[name]) for name in _TUPLES},
        payment_bound=about["payment_bound"],
        payment_sure=about["payment_sure"],
        familiar=Familiar(**{**about["familiar"], "words": frozenset(about["familiar"]["words"])}),
        origin=Origin(**{**origin, "writers": tuple(origin["writers"]), "versions": versions}),
    )


@dataclass(slots=True)
class _Rest:
    """Terms and numbers behind the head, taken from the front."""

    words: Sequence[str]
    numbers: Floats

    def take_words(self, count: int) -> tuple[str, ...]:
        taken, self.words = tuple(self.words[:count]), self.words[count:]
        return taken

    def take(self, *shape: int) -> Floats:
        count = math.prod(shape)
        taken, self.numbers = self.numbers[:count], self.numbers[count:]
        return taken.reshape(shape)


def _tables(about: dict[str, Any], stream: io.BytesIO) -> tuple[Table, DayRoles]:
    words = stream.read(about["terms_bytes"]).decode().split("\n")
    plans, roles, targets = about["blocks"], tuple(about["days"]["roles"]), len(about["targets"])
    rows, data = sum(plan["terms"] for plan in plans), stream.read()
    behind = len(data) - rows * targets
    steps = np.frombuffer(data, np.int8, offset=behind).reshape(rows, targets)
    rest = _Rest(words, np.frombuffer(data[:behind], _FLOAT).astype(np.float32))
    terms = [rest.take_words(plan["terms"]) for plan in plans]
    day_terms = rest.take_words(about["days"]["terms"])
    blocks = tuple(
        Block(**{**plan, "cut": Cut(plan["cut"]), "terms": own}, idf=rest.take(len(own)))
        for plan, own in zip(plans, terms, strict=True)
    )
    table = Table(blocks, steps, rest.take(rows), rest.take(targets))
    weights = rest.take(len(day_terms), len(roles))
    return table, DayRoles(roles, day_terms, weights, rest.take(len(roles)))


def _about(model: Model) -> dict[str, Any]:
    names = (*_TUPLES, "payment_bound", "payment_sure")
    familiar = {**asdict(model.familiar), "words": sorted(model.familiar.words)}
    parts = {"origin": asdict(model.origin), "familiar": familiar}
    return {name: getattr(model, name) for name in names} | parts


def _mac(key: bytes, head: bytes, body: bytes | memoryview) -> bytes:
    mac = hmac.new(key, head, hashlib.sha256)
    mac.update(body)
    return mac.hexdigest().encode()


def write_whole(path: Path, data: bytes) -> None:
    """Beside the target, synced, then renamed over it: the file is there whole, or as it was."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise


def _refused(reason: str, path: Path, what: str) -> Refused:
    return Refused(f"model.{reason}", f"model file {path} {what}", path=str(path))
