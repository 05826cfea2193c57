r"""One signed file for a model: plain numbers and words, HMAC-SHA256 over everything, no code.

    postlotse-model 2\n
    <64 hexadecimal digits: HMAC-SHA256 of all other bytes>\n
    <one line of JSON: origin, calibration, bounds, and the blocks of the table>\n
    <terms of all blocks, UTF-8, one a line>
    <idf of all blocks, weights row by row, constant: float32, little-endian>

Nothing behind the second line is looked at before the signature is right. Source: RFC 2104; own
decisions 0022 (signed file) and 0027 (table instead of pipelines).
"""

import hashlib
import hmac
import io
import json
import os
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import numpy as np

from classify import fingerprint
from classify.model import HOUSE_LABELS, Familiar, Model, Origin
from classify.table import Block, Floats, Table
from classify.terms import Cut
from rules.errors import Refused

FORMAT_VERSION: Final = 2
_MAGIC: Final = b"postlotse-model "
_MAC_BYTES: Final = 64
_FLOAT: Final = np.dtype("<f4")

_TUPLES: Final = ("labels", "targets", "slopes", "offsets", "thresholds", "ranks")


def save(model: Model, path: Path, key: bytes) -> None:
    """Write the model, signed with `key`. The file appears whole or not at all.

    The same model gives the same bytes.
    """
    head, body = _head(), _body(model)
    _write_whole(path, head + _mac(key, head, body) + b"\n" + body)


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
        raise _refused("labels", path, "has other labels than the house; train it on house mail")
    return model


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
    words = "".join(f"{term}\n" for block in model.table.blocks for term in block.terms).encode()
    about = _about(model) | {"blocks": blocks, "terms_bytes": len(words)}
    numbers = (*(b.idf for b in model.table.blocks), model.table.weights, model.table.constant)
    line = json.dumps(about, sort_keys=True).encode() + b"\n"
    return b"".join([line, words, *(part.astype(_FLOAT).tobytes() for part in numbers)])


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
    return Model(
        table=_table(about, stream),
        **{name: tuple(about[name]) for name in _TUPLES},
        payment_bound=about["payment_bound"],
        payment_sure=about["payment_sure"],
        familiar=Familiar(**{**about["familiar"], "words": frozenset(about["familiar"]["words"])}),
        origin=Origin(**{**origin, "writers": tuple(origin["writers"]), "versions": versions}),
    )


def _table(about: dict[str, Any], stream: io.BytesIO) -> Table:
    words = stream.read(about["terms_bytes"]).decode().split("\n")
    numbers: Floats = np.frombuffer(stream.read(), _FLOAT).astype(np.float32)
    blocks, first = [], 0
    for plan in about["blocks"]:
        end = first + plan["terms"]
        told = {**plan, "cut": Cut(plan["cut"]), "terms": tuple(words[first:end])}
        blocks.append(Block(**told, idf=numbers[first:end]))
        first = end
    weights = numbers[first:].reshape(first + 1, len(about["targets"]))
    return Table(tuple(blocks), weights[:-1], weights[-1])


def _about(model: Model) -> dict[str, Any]:
    names = (*_TUPLES, "payment_bound", "payment_sure")
    familiar = {**asdict(model.familiar), "words": sorted(model.familiar.words)}
    parts = {"origin": asdict(model.origin), "familiar": familiar}
    return {name: getattr(model, name) for name in names} | parts


def _mac(key: bytes, head: bytes, body: bytes | memoryview) -> bytes:
    mac = hmac.new(key, head, hashlib.sha256)
    mac.update(body)
    return mac.hexdigest().encode()


def _write_whole(path: Path, data: bytes) -> None:
    """Beside the target, synced, then renamed over it."""
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
