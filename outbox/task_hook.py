"""Posts tasks, signed, to receivers that take them over HTTP; the others have their folders.

The body is that of the file (docs/task.schema.json); where the mail goes along it stands in
`original.data`, base64. A receiver that answers 2xx has taken the task: that is its receipt.
Source: Standard Webhooks 1.0.0; own decision 0066.
"""

import json
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from outbox.task_folder import TaskFolder, task_json
from outbox.webhook import WebhookOutlet
from rules.errors import TryLater
from rules.handover import Paper, Receipt
from rules.tasks import Receiver, Task


@dataclass(frozen=True, slots=True)
class TaskHooks:
    """A TaskOutlet (triage/ports.py). `folder` is for receivers without a hook; None: nowhere."""

    hooks: Mapping[Receiver, WebhookOutlet]
    folder: TaskFolder | None = None
    clock: Callable[[], datetime] = lambda: datetime.now(tz=UTC)

    def deliver(self, task: Task) -> Receipt | None:
        """Post the task, or lay it down; the receipt of a post that was taken.

        The receiver drops doubles by `webhook-id`, which is the key.

        Raises:
            TryLater: `webhook.away`, `webhook.tls`, `webhook.later`, `task.no_way`, and as
                `TaskFolder`.
            Refused: `webhook.redirect`, `webhook.gone`, `webhook.address`.
        """
        hook = self.hooks.get(task.receiver)
        if hook is not None:
            status = hook.post(task.key, posted(task))
            at = self.clock().isoformat(timespec="seconds")
            return Receipt(task.key, True, f"HTTP {status}", "", at)
        if self.folder is None:
            raise TryLater(
                "task.no_way",
                f"{task.receiver.value} has neither folder nor hook; set tasks.drop or tasks.hooks",
            )
        self.folder.deliver(task)
        return None

    def receipts(self) -> Iterator[Paper]:
        """Those of the folders; raises as `TaskFolder.receipts`."""
        if self.folder is not None:
            yield from self.folder.receipts()

    def confirm(self, paper: Paper) -> None:
        """As `TaskFolder.confirm`."""
        if self.folder is not None:
            self.folder.confirm(paper)

    def set_aside(self, paper: Paper) -> None:
        """As `TaskFolder.set_aside`."""
        if self.folder is not None:
            self.folder.set_aside(paper)

    def holds(self, key: str) -> bool:
        """As `TaskFolder.holds`; what was posted lies with its receiver."""
        return self.folder is not None and self.folder.holds(key)

    def discard(self, key: str) -> bool:
        """As `TaskFolder.discard`; what was posted lies with its receiver."""
        return self.folder is not None and self.folder.discard(key)


def posted(task: Task) -> bytes:
    """The bytes of a post: the task's file, with the mail in it where it goes along."""
    if task.original is None:
        return task_json(task)
    body = json.loads(task_json(task))
    body["original"]["data"] = b64encode(task.original).decode("ascii")
    return json.dumps(body, ensure_ascii=False).encode()
