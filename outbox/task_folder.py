"""Lays tasks for other systems and units into a folder for each receiver, and reads receipts.

    drop/<receiver>/auftraege/<key>.json   one task; appears at once and complete
                              <key>.eml    the mail, where the task carries it; is there before
                    quittungen/*.json      receipts, as the eAkte's (receipt_folder.py)

Formats: docs/handover.md, schema docs/task.schema.json. `drop/<receiver>` is never made here.
Source: own decision 0059.
"""

import secrets
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from outbox.durable import publish_file, remove_file, sync_folder
from outbox.receipt_folder import ReceiptFolder, as_json, folder_name
from rules.errors import HouseError, TryLater, Unreadable
from rules.handover import Paper, Receipt
from rules.tasks import Receiver, Task, kind_of_key, rule_of

TASKS: Final = "auftraege"
FORMAT: Final = "postlotse-auftrag-1"
_OWNER: Final = "task"


@dataclass(frozen=True, slots=True)
class TaskFolder:
    """A TaskOutlet (triage/ports.py) over folders that both sides can reach. `clock`: aware UTC."""

    drop: Path
    clock: Callable[[], datetime] = lambda: datetime.now(tz=UTC)

    def deliver(self, task: Task) -> None:
        """Lay the task down; durable when it returns. Idempotent by key.

        One whose file or receipt lies there is left as it is; after a rejection it is laid anew.

        Raises:
            TryLater: `task.drop_missing`, `task.disk`.
        """
        receipts = self._of(task.receiver)
        receipts.check_drop()
        # A task's key is safe on every disk (rules/tasks.py).
        name, folder = folder_name(task.key), receipts.drop / TASKS
        try:
            again = receipts.is_rejected(name)
            if not again and ((folder / f"{name}.json").exists() or receipts.is_answered(name)):
                return
            folder.mkdir(exist_ok=True)
            sync_folder(receipts.drop)
            for suffix, data in _files(task):
                # A worker that stood still for longer than its claim writes beside the next one.
                part = folder / f".{name}.{secrets.token_hex(4)}.neu"
                publish_file(folder / f"{name}{suffix}", data, by_way_of=part)
            for left in _parts(folder, name):
                remove_file(left)
            if again:
                receipts.forget_rejection(name)
        except OSError as exc:
            raise receipts.disk(exc) from exc

    def receipts(self) -> Iterator[Receipt]:
        """What all receivers say, each only of its own tasks; one that is away stops no other.

        Raises:
            TryLater: `task.drop_missing`, `task.disk`, for the first that failed, at the end.
            Unreadable: `task.receipt`, likewise.
        """
        failed: HouseError | None = None
        for receiver in Receiver:
            folder = self._of(receiver)
            if not folder.drop.exists():
                # Not every house has every receiver; delivering says what is missing.
                continue
            try:
                for receipt in folder.read():
                    if isinstance(receipt, Receipt) and _is_own(receipt, receiver):
                        yield receipt
                        continue
                    failed = failed or _foreign(receipt, receiver)
                    _put_aside(folder, receipt)
            except HouseError as exc:
                failed = failed or exc
        if failed is not None:
            raise failed

    def confirm(self, paper: Paper) -> None:
        """Move that receipt to `erledigt/`. Idempotent.

        Raises:
            TryLater: `task.drop_missing`, `task.disk`.
        """
        kind = kind_of_key(paper.key)
        if kind is not None:
            self._of(rule_of(kind).receiver).confirm(paper)

    def set_aside(self, paper: Paper) -> None:
        """Move a receipt for no task of ours to `unbekannt/`; raises as `confirm`."""
        kind = kind_of_key(paper.key)
        if kind is not None:
            self._of(rule_of(kind).receiver).set_aside(paper)

    def holds(self, key: str) -> bool:
        """Whether task, mail or a receipt of that order lies there; raises as `discard`."""
        return any(True for _ in self._lying(key))

    def discard(self, key: str) -> bool:
        """Remove task, mail and receipts of an order; False if nothing lay there. Idempotent.

        Durable when it returns. Raises: TryLater: `task.drop_missing`, `task.disk`.
        """
        found = list(self._lying(key))
        try:
            removed = [remove_file(path) for path in found]
        except OSError as exc:
            raise ReceiptFolder(self.drop, _OWNER, self.clock).disk(exc) from exc
        return any(removed)

    def _lying(self, key: str) -> Iterator[Path]:
        """Receipts first: what a crash leaves is found by the next call."""
        kind = kind_of_key(key)
        if kind is None:
            return
        receipts = self._of(rule_of(kind).receiver)
        receipts.check_drop()
        name, folder = folder_name(key), receipts.drop / TASKS
        try:
            yield from receipts.papers(name)
            ours = (folder / f"{name}.json", folder / f"{name}.eml", *_parts(folder, name))
            yield from (one for one in ours if one.exists())
        except OSError as exc:
            raise receipts.disk(exc) from exc

    def _of(self, receiver: Receiver) -> ReceiptFolder:
        return ReceiptFolder(self.drop / receiver.value, _OWNER, self.clock)


def task_json(task: Task) -> bytes:
    """The bytes of a task file, also sent by the HTTP outlet; described by the schema."""
    return as_json(_body(task))


def _body(task: Task) -> dict[str, Any]:
    name = folder_name(task.key)
    original = task.original
    return {
        "format": FORMAT,
        "key": task.key,
        "task": task.kind.value,
        "receiver": task.receiver.value,
        "source": task.source,
        "ordered_at": task.ordered_at,
        "fields": dict(task.fields),
        "original": None
        if original is None
        else {
            "name": f"{name}.eml",
            "sha256": sha256(original).hexdigest(),
            "size_bytes": len(original),
        },
    }


def _files(task: Task) -> Iterator[tuple[str, bytes]]:
    """The mail first: who sees the task file finds all that it names."""
    if task.original is not None:
        yield ".eml", task.original
    yield ".json", task_json(task)


def _parts(folder: Path, name: str) -> Iterator[Path]:
    """What is in the writing, or was when a worker died."""
    yield from folder.glob(f".{name}.*neu")


def _foreign(receipt: Paper, receiver: Receiver) -> Unreadable:
    return Unreadable(
        "task.receipt",
        f"{receiver.value} wrote a receipt for {receipt.key}, which is not its own; see unlesbar",
        key=receipt.key,
    )


def _put_aside(folder: ReceiptFolder, receipt: Paper) -> None:
    """Where that fails it lies there still, is told again, and stops no other."""
    with suppress(TryLater):
        folder.refuse(receipt)


def _is_own(receipt: Receipt, receiver: Receiver) -> bool:
    """A receiver answers for its own tasks only; never for the eAkte, which opens the bolt."""
    kind = kind_of_key(receipt.key)
    return kind is not None and rule_of(kind).receiver is receiver
