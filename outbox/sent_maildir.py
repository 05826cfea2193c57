"""Puts replies into a Maildir instead of the world: the demo's outlet.

Source: maildir(5): written in tmp, then renamed to new.
"""

import re
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from outbox.durable import publish_file, remove_file
from rules.errors import TryLater

_NAME: Final = re.compile(r"[0-9a-f]{40}\.postlotse", re.ASCII)


@dataclass(frozen=True, slots=True)
class SentMaildir:
    """A MailOutlet (triage/ports.py) that writes below `root`, making the folders."""

    root: Path

    def send(self, envelope_from: str, recipient: str, data: bytes) -> str:  # noqa: ARG002 - the port's; the mail's own To says it
        """Write the mail; the name of the file, which comes from the bytes: sent twice is one file.

        Raises:
            TryLater: `sent.disk`.
        """
        name = f"{sha256(data).hexdigest()[:40]}.postlotse"
        try:
            for folder in ("tmp", "new", "cur"):
                (self.root / folder).mkdir(parents=True, exist_ok=True)
            if not self._is_there(name):
                publish_file(self.root / "new" / name, data, by_way_of=self.root / "tmp" / name)
        except OSError as exc:
            raise TryLater(
                "sent.disk", f"{self.root}: {exc.strerror}; check path, rights and space"
            ) from exc
        return name

    def discard(self, answer: str) -> bool:
        """Remove the mail of that file name, wherever a mail program has moved it below `root`.

        Raises:
            TryLater: `sent.disk`.
        """
        if not _NAME.fullmatch(answer):
            return False
        try:
            found = [
                remove_file(path)
                for folder in ("tmp", "new", "cur")
                for path in sorted((self.root / folder).glob(f"{answer}*"))
            ]
        except OSError as exc:
            raise TryLater(
                "sent.disk", f"{self.root}: {exc.strerror}; check path, rights and space"
            ) from exc
        return any(found)

    def _is_there(self, name: str) -> bool:
        """Also after a mail program has moved it to cur and added flags."""
        return (self.root / "new" / name).exists() or any((self.root / "cur").glob(f"{name}*"))
