"""People work in the same postbox: what they move or delete by hand is noticed, never undone."""

from store import ledger, sightings
from tests.house_fixture import clerk, eml
from tests.triage.test_triage_way import bring_in, states
from triage import item_view
from triage.reconcile import Reconciled, reconcile


def folders_of(house, box) -> dict[str, int]:
    with house.db.read() as tx:
        return {
            f: len(sightings.live(tx, box.name, folder=f)) for f in sightings.folders(tx, box.name)
        }


def test_a_hand_move_between_folders_is_followed_by_content(house, box, lease):
    bring_in(house, box, lease, eml("Krankmeldung"), eml("Termin"))
    (uid,) = box.view("435 Kassel/AU").uids
    place = next(box.fetch("435 Kassel/AU", "maildir", (uid,))).place
    assert box.move(place, "435 Kassel/Termin")
    assert reconcile(house, box, lease) == Reconciled(moved_by_hand=1)
    assert folders_of(house, box) == {"435 Kassel/Termin": 2}
    assert reconcile(house, box, lease) == Reconciled()


def test_a_mail_deleted_by_hand_is_gone_after_two_looks_and_its_item_stays(
    house, box, lease, tmp_path
):
    bring_in(house, box, lease, eml("Krankmeldung"))
    for file in (tmp_path / "postbox/435 Kassel/AU/cur").iterdir():
        file.unlink()
    assert reconcile(house, box, lease) == Reconciled()
    assert reconcile(house, box, lease) == Reconciled(gone_by_hand=1)
    assert states(house) == {"sorted": 1}
    (row,) = item_view.listing(house, clerk("435"), "435")
    shown = item_view.view(house, clerk("435"), row.item.id)
    assert shown.mail.subject == "Krankmeldung"
    assert "mail.gone_by_hand" in [step.code for step in shown.story]


def test_a_mail_that_a_person_put_there_is_counted_and_left_alone(house, box, lease):
    bring_in(house, box, lease, eml("Krankmeldung"))
    box.append("435 Kassel/AU", eml("von Hand hineingelegt"))
    assert reconcile(house, box, lease) == Reconciled(strangers=1)
    assert len(box.view("435 Kassel/AU").uids) == 2
    with house.db.read() as tx:
        assert sum(ledger.counts(tx).values()) == 1


def test_a_move_into_a_folder_of_the_persons_own_is_followed_too(house, box, lease):
    bring_in(house, box, lease, eml("Krankmeldung"))
    (uid,) = box.view("435 Kassel/AU").uids
    place = next(box.fetch("435 Kassel/AU", "maildir", (uid,))).place
    box.ensure_folder("435 Kassel/Erledigt von Hand")
    box.move(place, "435 Kassel/Erledigt von Hand")
    assert reconcile(house, box, lease) == Reconciled(moved_by_hand=1)
    assert folders_of(house, box) == {"435 Kassel/Erledigt von Hand": 1}
