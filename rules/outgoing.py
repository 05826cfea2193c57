"""What leaves the house, by the kind of its outgoing row."""

from enum import StrEnum


class OutgoingKind(StrEnum):
    """Which way out a row takes, and so who answers for it.

    `eakte` a hand-over, `reply` an answer to a customer, `task` one for another unit, `webhook`
    an event for a receiver, `alarm` a word to the operators.
    """

    EAKTE = "eakte"
    REPLY = "reply"
    TASK = "task"
    WEBHOOK = "webhook"
    ALARM = "alarm"
