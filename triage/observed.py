"""The trial run beside the old way of working: what would have been done on a day, and was not.

For postboxes that are only observed. What people did with the same mails meanwhile is held
beside it. No content, no person. Source: N18, F63.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from rules import agreement
from rules.access import Caller, Permission, may_see_region, require
from rules.agreement import Agreement
from rules.codes import PaymentRelevant, Team
from rules.ledger import LedgerState
from rules.machine_mail import Machine
from store.counts import foreseen
from store.counts.foreseen import Foreseen
from triage.house import House, PostboxPlan
from triage.ports import INBOX


@dataclass(frozen=True, slots=True)
class AgencyPart:
    """What one agency would have got; `code` None is the clearing folder. Folders most first."""

    code: str | None
    name: str
    mails: int
    payment_yes: int
    payment_open: int
    review: int
    folders: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A mail that a person filed elsewhere than Postlotse would have."""

    message_id: int
    would: str
    lies_in: str


@dataclass(frozen=True, slots=True)
class Observed:
    """One observed postbox on one local day. seen = filed + aside + not_sorted.

    `filed` and `aside` are what would have been done. `agreement` counts all that have a
    verdict; `share` is the part of what people moved that went into the very folder.
    """

    postbox: str
    day: date
    seen: int
    not_sorted: int
    aside: tuple[tuple[str, int], ...]
    agencies: tuple[AgencyPart, ...]
    agreement: dict[str, int]
    share: float | None
    disagreements: tuple[Disagreement, ...]

    @property
    def filed(self) -> int:
        """How many mails would have gone into a folder of an agency, or the clearing folder."""
        return sum(part.mails for part in self.agencies)


def report(house: House, caller: Caller, *, day: date | None = None) -> tuple[Observed, ...]:
    """Each observed postbox of the caller's regions; today where no local day is given.

    Raises: Refused: `access.denied`.
    """
    require(caller, Permission.MANAGE_POSTBOXES)
    wanted = day or house.today()
    return tuple(
        _of_postbox(house, box, wanted)
        for box in house.policy.postboxes
        if box.is_observed and may_see_region(caller, box.region)
    )


def _of_postbox(house: House, box: PostboxPlan, day: date) -> Observed:
    with house.db.read() as tx:
        mails = foreseen.of_day(tx, box.name, day=day)
    judged = [(mail, mail.body) for mail in mails if mail.body]
    to_file = [(mail, body) for mail, body in judged if body["team"] != Team.NONE.value]
    # A mail that broke a station has no verdict and lies aside; it would have done so anyway.
    broken = [mail for mail in mails if not mail.body and mail.state is LedgerState.ASIDE]
    machine = [mail for mail, body in judged if body["team"] == Team.NONE.value]
    aside = Counter(map(_why_aside, (*broken, *machine)))
    compared = [
        (mail, body, agreement.compare(body["folder"], mail.lies_in, arrived_in=INBOX))
        for mail, body in judged
    ]
    found = [result for _, _, result in compared]
    return Observed(
        postbox=box.name,
        day=day,
        seen=len(mails),
        not_sorted=len(mails) - len(judged) - len(broken),
        aside=tuple(aside.most_common()),
        agencies=_agencies(to_file),
        agreement={one.value: found.count(one) for one in Agreement},
        share=agreement.share(found),
        disagreements=tuple(
            Disagreement(mail.message_id, body["folder"], mail.lies_in or "")
            for mail, body, result in compared
            if result in {Agreement.SAME_AGENCY, Agreement.OTHER}
        ),
    )


def _why_aside(mail: Foreseen) -> str:
    """The reason it lies aside for; of a machine's mail that lies there no more only that it is."""
    return mail.state_reason if mail.state is LedgerState.ASIDE else Machine.OTHER.value


def _agencies(to_file: Iterable[tuple[Foreseen, dict[str, object]]]) -> tuple[AgencyPart, ...]:
    groups: dict[tuple[str | None, str], list[dict[str, object]]] = {}
    for _, body in to_file:
        agency = body["agency"]
        key = (agency["code"], agency["name"]) if isinstance(agency, dict) else (None, "")
        groups.setdefault(key, []).append(body)
    parts = [
        AgencyPart(
            code=code,
            name=name or "",
            mails=len(bodies),
            payment_yes=_number(bodies, PaymentRelevant.YES),
            payment_open=_number(bodies, PaymentRelevant.OPEN),
            review=sum(bool(body["review"]) for body in bodies),
            folders=tuple(Counter(str(body["folder"]) for body in bodies).most_common()),
        )
        for (code, name), bodies in groups.items()
    ]
    return tuple(sorted(parts, key=lambda part: (-part.mails, part.code or "")))


def _number(bodies: list[dict[str, object]], payment: PaymentRelevant) -> int:
    return sum(body["payment_relevant"] == payment.value for body in bodies)
