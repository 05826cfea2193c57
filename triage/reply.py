"""Answers: which approved texts fit, how one would read, and ordering one to be sent.

Nothing leaves that is not, word for word, the approved version (promise 5).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from rules.access import Caller
from rules.reply_policy import ReplyRule
from rules.texts import Rendered, Text
from triage.house import House


@dataclass(frozen=True, slots=True)
class Proposals:
    """Fitting texts, best first, and whether an answer is allowed at all (R10)."""

    rule: ReplyRule
    texts: tuple[Text, ...]


def proposals(house: House, caller: Caller, item_id: int) -> Proposals:
    """The texts offered for an item; empty where the rule forbids an answer."""
    raise NotImplementedError


def defaults(house: House, caller: Caller, item_id: int, text_id: str) -> dict[str, str]:
    """Values for the placeholders of a text that the house knows (day, agency, address, phone)."""
    raise NotImplementedError


def preview(
    house: House, caller: Caller, item_id: int, text_id: str, values: Mapping[str, str]
) -> Rendered:
    """The letter as it would leave. Raises: Refused: a placeholder is missing or of a wrong type."""
    raise NotImplementedError


def order(
    house: House,
    caller: Caller,
    item_id: int,
    token: str,
    *,
    text_id: str,
    version: int,
    values: Mapping[str, str],
    body: str | None = None,
) -> int:
    """Put an answer into the outgoing rows, under the lease; the id of the row.

    `body` is what the caller believes to send; if it differs by one word from the approved
    text, nothing is sent. Raises: Conflict: `reply.differs` with the differences in details,
    `text.version` if another version is approved now. Refused: `reply.forbidden` (R10).
    """
    raise NotImplementedError
