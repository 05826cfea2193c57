"""A small house with mail in every end that deletion knows, with real outlets on disk."""

from dataclasses import dataclass, replace
from pathlib import Path

from ingest.maildir.postbox import MaildirPostbox
from outbox.eakte import DirectoryOutlet
from outbox.eakte_demo import answer_once
from outbox.sent_maildir import SentMaildir
from rules.item import CloseReason
from store.processes import leases
from store.processes.leases import Lease
from tests.house_fixture import ADMIN, Clock, clerk, eml
from tests.triage.way import bring_in
from triage import aside, handover, rounds, work
from triage.answers import reply
from triage.answers.reply import Choice
from triage.house import House, PostboxPlan
from triage.send import Outlets
from triage.sweep import holds as sweep_holds
from triage.sweep import orders as sweep
from triage.sweep import run as sweep_run

ME = clerk("435")
PAID = eml(
    "Neues Konto Kranichstein", "Bitte auf DE02120300000000202051, 123A456789 Wacholderweg.",
    sender="paula.wacholder@post.example",
)  # fmt: skip
ANSWERED = eml(
    "Termin Eisvogel", "Kann leider nicht, Zahnarzt Dr. Brombeer behandelt mich.",
    sender="igor.brombeer@post.example",
)  # fmt: skip
WAIVED = eml(
    "Konto Sperling", "Das Konto der Schwester Holunder ist nur zur Kenntnis.",
    sender="rosa.holunder@post.example",
)  # fmt: skip
MACHINE = eml(
    "Abwesend Rotmilan", "Bin bis Montag im Urlaub am Schlehensee.",
    sender="tom.schlehe@post.example",
    Auto_Submitted="auto-replied",
)  # fmt: skip
OPEN = eml("Kündigung Uhu", "Noch offen.").replace(b"<same@post", b"<other@post")
NEEDLES = (
    "Kranichstein", "DE02120300000000202051", "123A456789", "Wacholder", "wacholder",
    "Eisvogel", "Brombeer", "brombeer", "Sperling", "Holunder", "holunder", "Rotmilan",
    "Schlehe", "schlehe", "same@post",
    "Begruendung Mispel",
)  # fmt: skip
"""Words that stand in what is deleted, and nowhere else."""


@dataclass(slots=True)
class World:
    """The house, its postbox, drop and sent answers, all below `folder`."""

    house: House
    box: MaildirPostbox
    lease: Lease
    clock: Clock
    folder: Path

    @property
    def outlets(self) -> Outlets:
        return Outlets(
            eakte=DirectoryOutlet(self.folder / "drop", clock=self.clock),
            mail=SentMaildir(self.folder / "sent"),
        )

    def order(self) -> int:
        """The number of the run that the preview of this moment gives."""
        found = sweep.preview(self.house, ADMIN)
        return sweep.order(self.house, ADMIN, hash_=found.hash)

    def sweep(self) -> int:
        number = self.order()
        sweep_run.run(self.house, self.outlets, "cli", number)
        return number


def build(
    house: House, box: MaildirPostbox, lease: Lease, clock: Clock, folder: Path, *,
    deletion: str = "remove",
) -> World:  # fmt: skip
    """All mails worked off 200 days ago but one; the machine's lies aside and was seen."""
    plan = PostboxPlan(box.name, "Südwest", is_observed=False, is_swept=deletion == "remove")
    world = World(
        replace(house, policy=replace(house.policy, postboxes=(plan,))), box, lease, clock, folder
    )
    (folder / "drop").mkdir(parents=True, exist_ok=True)
    bring_in(world.house, box, lease, PAID)
    _hand_over(world)
    bring_in(world.house, box, lease, ANSWERED)
    _answer(world)
    bring_in(world.house, box, lease, WAIVED)
    _waive(world)
    bring_in(world.house, box, lease, MACHINE, OPEN)
    look_at_all(world.house)
    clock.forward(days=200)
    with house.db.write() as tx:
        world.lease = leases.renew(tx, lease, now=clock(), seconds=10**8)
    return world


def look_at_all(house: House, reason_code: str = "mail.autoreply") -> None:
    """An admin opens the list and says so."""
    aside.note_shown(house, ADMIN, aside.listing(house, ADMIN, reason_code=reason_code))
    sweep_holds.see(house, ADMIN, reason_code=reason_code, until=10**6)


def _hand_over(world: World) -> None:
    claim = work.claim_next(world.house, ME, "435")
    handover.order(world.house, ME, claim.item_id, claim.token, close_when_received=True)
    rounds.send_round(world.house, world.outlets, "w-1")
    answer_once(world.folder / "drop", now=world.clock(), after_seconds=-(10**9))
    rounds.send_round(world.house, world.outlets, "w-1")


def _answer(world: World) -> None:
    house, claim = world.house, work.claim_next(world.house, ME, "435")
    text = reply.proposals(house, ME, claim.item_id).texts[0]
    values = reply.defaults(house, ME, claim.item_id, text.id)
    reply.order(house, ME, claim.item_id, claim.token, Choice(text.id, text.version, values))
    rounds.send_round(house, world.outlets, "w-1")
    work.close(house, ME, claim.item_id, claim.token, reason=CloseReason.DONE)


def _waive(world: World) -> None:
    claim = work.claim_next(world.house, ME, "435")
    handover.waive(
        world.house, ME, claim.item_id, claim.token, reason="Begruendung Mispel: nur zur Kenntnis"
    )
    work.close(world.house, ME, claim.item_id, claim.token, reason=CloseReason.DONE)
