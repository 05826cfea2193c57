"""The demo's eAkte: checks each package as a careful receiver would, and writes a receipt.

Stands for the real system in the demo and in tests of the whole way; knows nothing but the folder.
"""

import json
import re
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from outbox.durable import publish_file
from outbox.eakte import METADATA, PACKAGES
from outbox.package_zip import SUM, SUMS
from outbox.receipt_folder import CONFIRMED, RECEIPTS, receipt_json
from rules.errors import TryLater
from rules.handover import Receipt

_KUNDENNUMMER: Final = re.compile(r"\d{3}[A-Z]\d{6}", re.ASCII)


def answer_once(drop: Path, *, now: datetime, after_seconds: float) -> int:
    """Answer every package that waits at least `after_seconds`; how many were answered.

    Accepted unless a checksum is wrong or the Kundennummer has not its form; one without a
    Kundennummer is accepted and would be assigned by hand there. Idempotent.

    Raises:
        TryLater: `eakte.disk`.
    """
    answered = 0
    try:
        for folder in sorted((drop / PACKAGES).glob("*")):
            if _is_answered(drop, folder.name) or _age_seconds(folder, now) < after_seconds:
                continue
            _write(drop, folder.name, _judge(folder, now))
            answered += 1
    except OSError as exc:
        raise TryLater("eakte.disk", f"{drop}: {exc.strerror}", path=str(drop)) from exc
    return answered


def _judge(folder: Path, now: datetime) -> Receipt:
    metadata = _metadata(folder)
    reason = _objection(folder, metadata)
    digest = str(metadata.get("original", {}).get("sha256", ""))
    return Receipt(
        key=str(metadata.get("key", folder.name)),
        accepted=not reason,
        reference="" if reason else f"EA-{now.year}-{digest[:8].upper()}",
        sha256=digest,
        received_at=now.astimezone(UTC).isoformat(timespec="seconds"),
        reason=reason,
        kundennummer=metadata.get("kundennummer"),
    )


def _objection(folder: Path, metadata: dict[str, Any]) -> str:
    """Why the package is turned away, in German for the clerk; empty if it isn't."""
    sums = SUM.findall((folder / SUMS).read_text("ascii")) if (folder / SUMS).exists() else []
    whole = {name for _, name in sums} | {SUMS} == {path.name for path in folder.iterdir()}
    same = whole and all(
        sha256((folder / name).read_bytes()).hexdigest() == digest for digest, name in sums
    )
    if not metadata or not same:
        return "Die Prüfsumme stimmt nicht."
    number = metadata.get("kundennummer")
    if number is not None and not _KUNDENNUMMER.fullmatch(str(number)):
        return "Die Kundennummer hat nicht die Form 123A456789."
    return ""


def _metadata(folder: Path) -> dict[str, Any]:
    try:
        raw = json.loads((folder / METADATA).read_bytes())
    except (FileNotFoundError, ValueError):
        return {}
    return raw if isinstance(raw, dict) else {}


def _is_answered(drop: Path, name: str) -> bool:
    receipts = drop / RECEIPTS
    return any((place / f"{name}.json").exists() for place in (receipts, receipts / CONFIRMED))


def _age_seconds(folder: Path, now: datetime) -> float:
    return now.timestamp() - folder.stat().st_mtime


def _write(drop: Path, name: str, receipt: Receipt) -> None:
    receipts = drop / RECEIPTS
    receipts.mkdir(exist_ok=True)
    publish_file(
        receipts / f"{name}.json", receipt_json(receipt), by_way_of=receipts / f"{name}.tmp"
    )
