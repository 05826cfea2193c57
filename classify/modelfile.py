r"""One signed file for a model: skops inside, HMAC-SHA256 over everything, never pickle.

    postlotse-model 1\n
    <64 hexadecimal digits: HMAC-SHA256 of all other bytes>\n
    <skops archive: the pipeline, and everything else as JSON text>

Nothing of the archive is looked at before the signature is right. Source: RFC 2104; own
decision 0022 (skops and a signature for models).
"""

import hashlib
import hmac
import json
import os
import tempfile
import zipfile
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import skops.io
from skops.io.exceptions import UntrustedTypesFoundException

from classify import fingerprint
from classify.model import HOUSE_LABELS, Model, Origin
from rules.errors import Refused

FORMAT_VERSION: Final = 1
_MAGIC: Final = b"postlotse-model "
_MAC_BYTES: Final = 64
TRUSTED_TYPES: Final[tuple[str, ...]] = ()
"""Types beyond numpy, scipy and scikit-learn that a model may hold: none. Any other is refused."""

_TUPLES: Final = ("labels", "targets", "slopes", "offsets", "thresholds", "ranks")


def save(model: Model, path: Path, key: bytes) -> None:
    """Write the model, signed with `key`. The file appears whole or not at all.

    The same model gives the same weights; the archive's dates may differ.
    """
    archive = skops.io.dumps(
        {"pipeline": model.pipeline, "about": json.dumps(_about(model), sort_keys=True)},
        compression=zipfile.ZIP_DEFLATED,
        compresslevel=6,
    )
    head = _MAGIC + str(FORMAT_VERSION).encode() + b"\n"
    _write_whole(path, head + _mac(key, head, archive) + b"\n" + archive)


def load(path: Path, key: bytes, *, labels: frozenset[str] | None = HOUSE_LABELS) -> Model:
    """Read a model back. `labels` is the label set the caller needs; None takes any.

    Raises:
        Refused: `model.missing`; `model.signature` (changed file or wrong key);
            `model.version` (other format, scikit-learn, or code that makes the rows);
            `model.labels` (other label set).
    """
    head, archive = _verified(path, key)
    if head != _MAGIC + str(FORMAT_VERSION).encode() + b"\n":
        raise _refused("version", path, f"is of another format than {FORMAT_VERSION}; train anew")
    model = _model(path, archive)
    if labels is not None and frozenset(model.labels) != labels:
        raise _refused("labels", path, "has other labels than the house; train it on house mail")
    return model


def _verified(path: Path, key: bytes) -> tuple[bytes, bytes]:
    """Head and archive of a file whose signature is right."""
    try:
        data = path.read_bytes()
    except OSError as exc:
        raise _refused("missing", path, "can't be read; run `postlotse train`") from exc
    head, _, rest = data.partition(b"\n")
    head += b"\n"
    mac, archive = rest[:_MAC_BYTES], rest[_MAC_BYTES + 1 :]
    separator = rest[_MAC_BYTES : _MAC_BYTES + 1]
    right = hmac.compare_digest(mac, _mac(key, head, archive)) and separator == b"\n"
    if not data.startswith(_MAGIC) or not right:
        raise _refused(
            "signature", path, "was changed or signed with another key; train or copy it anew"
        )
    return head, archive


def _model(path: Path, archive: bytes) -> Model:
    try:
        held = skops.io.loads(archive, trusted=list(TRUSTED_TYPES))
    except UntrustedTypesFoundException as exc:
        raise _refused("signature", path, "holds types that no model of ours has") from exc
    about: dict[str, Any] = json.loads(held["about"])
    origin = about.pop("origin")
    versions = tuple((name, number) for name, number in origin.pop("versions"))
    installed = version("scikit-learn")
    if dict(versions).get("scikit-learn") != installed:
        raise _refused("version", path, f"isn't of scikit-learn {installed}; train anew")
    if origin.get("features_sha256") != fingerprint.of_features():
        raise _refused(
            "version",
            path,
            "was trained by other feature code than this; train anew with `postlotse train`",
        )
    return Model(
        pipeline=held["pipeline"],
        **{name: tuple(about[name]) for name in _TUPLES},
        payment_bound=about["payment_bound"],
        payment_sure=about["payment_sure"],
        origin=Origin(**{**origin, "writers": tuple(origin["writers"]), "versions": versions}),
    )


def _about(model: Model) -> dict[str, Any]:
    names = (*_TUPLES, "payment_bound", "payment_sure")
    return {name: getattr(model, name) for name in names} | {"origin": asdict(model.origin)}


def _mac(key: bytes, head: bytes, archive: bytes) -> bytes:
    return hmac.new(key, head + archive, hashlib.sha256).hexdigest().encode()


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
