"""What the event feed tells of the trail: names that others build on; added to, never renamed.

Source: F67; R17 (nothing that tells of a person's work); own decision 0050.
"""

from typing import Final

TYPES: Final = frozenset(
    {
        "mail.kept", "mail.handed_in", "mail.sorted", "mail.set_aside", "mail.replayed",
        "mail.taken_in", "mail.moved_by_hand", "mail.gone_by_hand", "mail.found_again",
        "item.claimed", "item.released", "item.lease_expired", "item.freed", "item.parked",
        "item.unparked", "item.returned", "item.forwarded", "item.corrected",
        "item.awaits_receipt", "item.closed", "item.undone", "item.address_compared",
        "item.authority_present",
        "eakte.ordered", "eakte.sent", "eakte.received", "eakte.rejected", "eakte.waived",
        "eakte.dead", "reply.ordered", "reply.sent", "reply.dead",
    }
)  # fmt: skip
"""What is told. Readings are not: they say something of the person who read (R17)."""

ALARM_TYPES: Final = ("house.alarm", "house.alarm_over")
"""What receivers of alarms are told beside; not of the feed, since it is of no mail or item."""
