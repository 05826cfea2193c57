"""Lines of real mail for training, and the file they are written into.

The file is local and belongs under the retention of the mail itself, never into a repository.
Source: corpus/README.md (the keys of a line); own decision 0029.
"""

import json
import os
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from rules import stand_ins
from rules.codes import Channel
from rules.errors import Refused
from rules.local_day import local_day
from rules.mail import ParsedMail

WEAK: Final = "weak"
WEAK_WEIGHT: Final = 0.3
"""What a folder or mark chosen by hand counts beside a confirmed label. Own decision 0029, not
measured."""


def says_nothing(mail: ParsedMail) -> bool:
    """Whether there is nothing to learn from: no text, no subject, no attachment's name."""
    return not (mail.body.new.strip() or mail.subject.strip() or mail.attachments)


def line(
    identity: str, mail: ParsedMail, *, received_at: datetime, channel: Channel
) -> dict[str, Any]:
    """A corpus line without its label and without anybody's number (`rules.stand_ins`).

    Sender and recipient are replaced as well: no model sees them.
    """
    return {
        "id": identity,
        "received": local_day(received_at).isoformat(),
        "from": "absender@relearn.example",
        "to": "postfach@relearn.example",
        "subject": stand_ins.replace(mail.subject),
        "body": stand_ins.replace(mail.body.new),
        "attachments": [stand_ins.replace(part.name) for part in mail.attachments],
        "channel": channel.value,
        "kundennummer": None,
        "iban": None,
        "dates": {},
        "place": None,
    }


def require_outside(out: Path) -> None:
    """Refuse a path inside a source tree: customers' text would be committed with it.

    Raises: Refused: `relearn.inside`.
    """
    for folder in out.resolve().parents:
        if (folder / ".git").exists() or (folder / "pyproject.toml").exists():
            raise Refused(
                "relearn.inside",
                f"{out} lies in a source tree; real mail never goes there, choose a place outside",
                path=str(out),
            )


def write(out: Path, lines: Iterable[Mapping[str, Any]]) -> None:
    """Anew, and readable by its owner only; half a file is taken away again.

    Raises: Refused: `relearn.file`.
    """
    handle = None
    try:
        out.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        out.unlink(missing_ok=True)
        handle = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            for one in lines:
                file.write(json.dumps(one, ensure_ascii=False) + "\n")
    except OSError as exc:
        if handle is not None:
            out.unlink(missing_ok=True)
        raise Refused(
            "relearn.file",
            f"Can't write {out}: {exc.strerror}. Remedy: check path, rights and space.",
            path=str(out),
        ) from exc
