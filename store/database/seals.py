"""The keys of the content at rest: AES-256-GCM with a ring of keys in a file of its own.

Off where there is no file. The file is read again when it changes, so that keys are added and
rotated without a restart. A box that is sealed for one row opens for no other: the row's name is
its associated data. Source: NIST SP 800-38D; own decision 0070.
"""

import base64
import binascii
import os
import re
import threading
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from rules.errors import TryLater, Unreadable

KEY_BYTES: Final = 32
"""AES-256. Source: BSI TR-02102-1; own decision 0070."""

NONCE_BYTES: Final = 12
"""Random, so at most 2**32 boxes a key. Source: NIST SP 800-38D sections 8.2.2 and 8.3."""

OTHERS: Final = 0o077
"""Rights of group and others on the file: none."""

KEY_ID = re.compile(r"[a-z0-9]{1,12}")
"""What a key may be called; short, because it stands in `original.codec`. Own decision 0070."""


@dataclass(frozen=True, slots=True)
class Keys:
    """What the file says. `active` seals what is written; empty: written as it is."""

    active: str
    by_id: Mapping[str, bytes]


@dataclass(slots=True)
class SealRing:
    """The ring of one file, shared by all threads; without a file nothing is sealed."""

    path: Path | None = None
    _stamp: tuple[int, int, int] | None = None
    _keys: Keys = field(default_factory=lambda: Keys("", {}), repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def keys(self) -> Keys:
        """The keys as the file has them now. Raises: TryLater: `keys.file`."""
        if self.path is None:
            return self._keys
        with self._lock:
            try:
                found = self.path.stat()
            except OSError as exc:
                raise _wrong(self.path, "it can't be read") from exc
            stamp = (found.st_ino, found.st_mtime_ns, found.st_size)
            if stamp != self._stamp:
                if found.st_mode & OTHERS:
                    raise _wrong(self.path, "others may read it; chmod 600")
                self._keys = _parsed(self.path)
                self._stamp = stamp
            return self._keys

    def seal(self, data: bytes, *, row: str) -> tuple[str, bytes]:
        """The active key's id and the box; an empty id and the data itself where none is active.

        `row` names what the box belongs to, and is asked for again when it is opened.
        Raises: TryLater: `keys.file`.
        """
        keys = self.keys()
        if not keys.active:
            return "", data
        nonce = os.urandom(NONCE_BYTES)
        box = AESGCM(keys.by_id[keys.active]).encrypt(nonce, data, _bound(row, keys.active))
        return keys.active, nonce + box

    def open(self, key_id: str, box: bytes, *, row: str) -> bytes:
        """What was sealed for that row.

        Raises: TryLater: `keys.missing` with the id and the file; `keys.file`. Unreadable:
        `keys.tampered`: the box was changed, or belongs to another row.
        """
        key = self.keys().by_id.get(key_id)
        if key is None:
            raise _missing(key_id, self.path)
        try:
            return AESGCM(key).decrypt(box[:NONCE_BYTES], box[NONCE_BYTES:], _bound(row, key_id))
        except (InvalidTag, ValueError) as exc:
            raise _tampered(row) from exc


def written(keys: Keys) -> str:
    """The text of a file with these keys; a secret."""
    lines = [f'active = "{keys.active}"', "", "[keys]"]
    lines += [f'{name} = "{base64.b64encode(key).decode()}"' for name, key in keys.by_id.items()]
    return "\n".join(lines) + "\n"


def _bound(row: str, key_id: str) -> bytes:
    return f"postlotse/1/{row}/{key_id}".encode()


def _parsed(path: Path) -> Keys:
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
        by_id = {
            str(name): base64.b64decode(value, validate=True)
            for name, value in raw.get("keys", {}).items()
        }
    except (OSError, ValueError, TypeError, AttributeError, binascii.Error) as exc:
        # Not chained: what can't be read may be quoted there, and it is a key.
        raise _wrong(path, f"it can't be read ({type(exc).__name__})") from None
    active = str(raw.get("active", ""))
    if active and active not in by_id:
        raise _wrong(path, f"the active key {active} is not in it")
    for name, key in by_id.items():
        if len(key) != KEY_BYTES or not KEY_ID.fullmatch(name):
            raise _wrong(path, f"{name} is no key: 32 bytes in base64, a name of a-z and 0-9")
    return Keys(active, by_id)


def _wrong(path: Path, why: str) -> TryLater:
    return TryLater(
        "keys.file",
        f"The key ring {path}: {why}. Put it right or restore it; nothing is kept or read without.",
        path=str(path),
    )


def _missing(key_id: str, path: Path | None) -> TryLater:
    return TryLater(
        "keys.missing",
        f"Content is sealed with the key {key_id}, not in {path or 'store.keys (none)'}."
        " Put the key back from where you keep the ring; without it this content is lost.",
        key=key_id,
        path=str(path or ""),
    )


def _tampered(row: str) -> Unreadable:
    return Unreadable(
        "keys.tampered",
        f"What is sealed for {row} was changed, or belongs to another row. Restore it.",
        row=row,
    )
