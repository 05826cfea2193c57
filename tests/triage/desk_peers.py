"""An eAkte that answers when and how a test says, and a smarthost that counts; both may be away."""

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes
from hashlib import sha256
from pathlib import Path

from outbox.durable import publish_file
from outbox.eakte import METADATA, PACKAGES
from outbox.receipt_folder import CONFIRMED, RECEIPTS, receipt_json
from rules.errors import Refused, TryLater
from rules.handover import Receipt


@dataclass(frozen=True, slots=True)
class Filed:
    """What the eAkte has taken into a record."""

    sha256: str
    kundennummer: str | None


class DropEakte:
    """Reads packages in the drop as they lie there, and remembers what it took."""

    def __init__(self, drop: Path) -> None:
        self.drop, self.filed = drop, set[Filed]()
        self._gone = drop.with_name("away")
        drop.mkdir()

    def waiting(self) -> list[str]:
        """Keys of packages without an answer."""
        if not self.drop.exists():
            return []
        return sorted(
            path.name for path in (self.drop / PACKAGES).glob("*") if not self._answers(path.name)
        )

    def answer(self, key: str, *, accepts: bool, now: datetime) -> None:
        told = json.loads((self.drop / PACKAGES / key / METADATA).read_bytes())
        digest, number = told["original"]["sha256"], told["kundennummer"]
        (mail,) = (self.drop / PACKAGES / key).glob("*_original.eml")
        assert sha256(mail.read_bytes()).hexdigest() == digest
        if accepts:
            self.filed.add(Filed(digest, number))
        receipt = Receipt(
            key=told["key"],
            accepted=accepts,
            reference="AZ-1" if accepts else "",
            sha256=digest,
            received_at=now.astimezone(UTC).isoformat(timespec="seconds"),
            reason="" if accepts else "Der Vorgang ist gesperrt.",
            kundennummer=number,
        )
        place = self.drop / RECEIPTS
        place.mkdir(exist_ok=True)
        publish_file(place / f"{key}.json", receipt_json(receipt), by_way_of=place / f"{key}.tmp")

    def leave(self) -> None:
        """The share is not mounted."""
        if self.drop.exists():
            self.drop.rename(self._gone)

    def come_back(self) -> None:
        if self._gone.exists():
            self._gone.rename(self.drop)

    def _answers(self, key: str) -> bool:
        place = self.drop / RECEIPTS
        return any((folder / f"{key}.json").exists() for folder in (place, place / CONFIRMED))


@dataclass(slots=True)
class Smarthost:
    """Takes each letter, or is away, or refuses it; counts what it took by Message-ID."""

    mood: str = "takes"
    taken: Counter[str] = field(default_factory=Counter)

    def send(self, envelope_from: str, recipient: str, data: bytes) -> str:
        if self.mood == "away":
            raise TryLater("smtp.away", "The smarthost is away.")
        if self.mood == "refuses":
            raise Refused("smtp.refused", "550 no such user")
        self.taken[message_from_bytes(data)["Message-ID"]] += 1
        return "250 ok"

    def discard(self, answer: str) -> bool:
        return False
