"""The page "Lage" names items that were handed to and fro, and the metric counts them."""

from tests import one_sorter
from tests.api.conftest import Doors
from tests.api.desk_person import at_desk
from tests.house_fixture import MACHINE, clerk, eml
from triage import accept, work


def test_an_item_forwarded_twice_is_named_to_who_looks_after_the_lines(doors: Doors) -> None:
    house = doors.house
    accept.hand_in(house, MACHINE, eml("Termin", "Ich brauche einen Termin."))
    one_sorter.sort_pending(house)
    admin = at_desk(doors.app, seat="admin")
    for here, there in (("435", "415"), ("415", "435")):
        admin.open("/lage")
        assert "Irrläufer" not in admin.words("main")
        claim = work.claim_next(house, clerk(here), here)
        reason = "Gehört nicht hierher, bitte prüfen."
        work.forward(
            house, clerk(here), claim.item_id, claim.token, agency_code=there, reason=reason
        )
    admin.open("/lage")
    assert f"Vorgang {claim.item_id} (435, 2-mal)" in admin.words("#irrlaeufer")
    metrics = doors.nobody.get("/metrics").text
    assert 'postlotse_items_wandering{region="Südwest"} 1.0' in metrics
