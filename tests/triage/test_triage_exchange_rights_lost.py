"""A right that is taken away in the middle of a pass over an Exchange mailbox, and comes back."""

import itertools

import pytest

from rules.errors import Refused
from store.acts import refused_acts
from store.acts.refused_acts import RefusedAct
from tests.triage import test_triage_exchange_busy
from tests.triage.test_triage_exchange_busy import MAILS, World, check

world = test_triage_exchange_busy.world

AU = "435 Kassel/AU"


def given_up(world: World, postbox: str) -> tuple[RefusedAct, ...]:
    with world.house.db.read() as tx:
        return refused_acts.listing(tx, (postbox,), code="", after=0, limit=9)


def comes_back(world: World, box) -> None:
    """The right is there again, and an admin lets what was given up stand again."""
    acts = given_up(world, box.name)
    with world.house.db.write() as tx:
        assert all(refused_acts.again(tx, act, now=world.clock()) for act in acts)
    for _ in range(2):
        world.clock.forward(seconds=400)
        world.pass_over(box)
        world.look(box)


@pytest.mark.parametrize(
    ("code", "folder"),
    [("ErrorAccessDenied", "INBOX"), ("ErrorFolderNotFound", "INBOX"), ("ErrorAccessDenied", AU)],
)
def test_after_any_call_of_a_pass_it_ends_in_a_clear_state_and_goes_on_later(world, code, folder):
    told = {
        "ErrorAccessDenied": "postbox.no_right",
        "ErrorFolderNotFound": "postbox.folder_missing",
    }
    for point in itertools.count():
        box, mailbox = world.filled_postbox(f"box-{point}")
        left = mailbox.denied[mailbox.folder(folder).id] = [point, code]
        world.pass_over(box)
        if left[0] > 0:
            break
        for _ in range(4 if folder == AU else 1):
            world.clock.forward(seconds=100)
            ended = world.pass_over(box)
            if folder == AU:
                world.look(box)
        assert ended == (told[code] if folder == "INBOX" else "")
        acts = given_up(world, box.name)
        assert {(act.dst_folder, act.error_code) for act in acts} <= {(AU, told[code])}
        mailbox.denied.clear()
        comes_back(world, box)
        check(world, box, mailbox, point)
        box.close()
    box.close()
    assert point >= 2


@pytest.mark.parametrize(
    ("denied", "deed"),
    [
        ("INBOX", "read 'INBOX'"),
        (AU, "move mail from 'INBOX' into '435 Kassel/AU'"),
    ],
)
def test_who_asks_is_told_which_right_lacks_where(world, denied, deed):
    box, mailbox = world.postbox("box")
    mailbox.deliver(MAILS[0])
    mailbox.folder(AU)
    view = box.view("INBOX")
    (mail,) = box.fetch("INBOX", view.epoch, view.uids)
    mailbox.denied[mailbox.folder(denied).id] = [0, "ErrorAccessDenied"]
    with pytest.raises(Refused) as caught:
        box.move(mail.place, AU) if denied == AU else box.view("INBOX")
    box.close()
    assert caught.value.code == "postbox.no_right"
    assert f"may not {deed} in box@dienst.example" in caught.value.message


def test_a_folder_that_exists_and_is_not_shown_is_a_right_that_lacks(world):
    box, mailbox = world.postbox("box")
    mailbox.folder(AU).is_hidden = True
    with pytest.raises(Refused) as caught:
        box.ensure_folder(AU)
    assert caught.value.code == "postbox.no_right"
    assert "right to see that folder" in caught.value.message
    mailbox.folder(AU).is_hidden = False
    assert box.ensure_folder(AU) is False
    mailbox.create_folder(mailbox.folder("435 Kassel"), "Termine").folder_class = "IPF.Appointment"
    with pytest.raises(Refused) as caught:
        box.ensure_folder("435 Kassel/Termine")
    assert caught.value.code == "postbox.folder_name"
    box.close()
