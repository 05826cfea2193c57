"""Rules taken over from elsewhere, as a text that can be checked and tried. Keeps nothing."""

from dataclasses import dataclass

from rules.access import Caller, Permission, require
from rules.rulesets import sieve_rules
from rules.rulesets.taken_over import Remark, TakenOver, text_of
from triage.house import House
from triage.rulesets import drafts
from triage.rulesets.drafts import Checked

SET_ID = "uebernommen"
"""Id of a set that was taken over, until somebody gives it another. Own decision 0041."""

TITLE = "Übernommene Regeln"


@dataclass(frozen=True, slots=True)
class Imported:
    """The text of the new set, its number of rules, what was left out, what the lint finds."""

    text: str
    rules: int
    remarks: tuple[Remark, ...]
    checked: Checked


def from_sieve(house: House, caller: Caller, script: str, *, region: str) -> Imported:
    """A Sieve script as a rule set. Raises: Refused: `access.denied`."""
    require(caller, Permission.CHANGE_RULES)
    return imported(house, caller, sieve_rules.take_over(script), region=region)


def imported(
    house: House, caller: Caller, taken: TakenOver, *, region: str, set_id: str = SET_ID
) -> Imported:
    """What was taken over, as a text, checked. Raises: Refused: `access.denied`."""
    today = house.today()
    text = text_of(taken, set_id=set_id, title=TITLE, region=region, since=today)
    return Imported(text, len(taken.rules), taken.remarks, drafts.check(house, caller, text))
