"""Postboxes that are renamed, named twice, moved to another host, taken out and put in again.

On a real Dovecot.
"""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from pydantic import ValidationError

from ingest.imap.postbox import ImapPostbox
from ingest.imap.session import ImapAccount
from ingest.maildir.postbox import MaildirPostbox, create_tree
from rules.errors import Refused
from rules.postbox import Place
from store.counts import ledger_counts
from store.places import sightings
from store.processes import leases
from tests import one_sorter
from tests.house_fixture import ADMIN, eml
from tests.servers.dovecot import DovecotServer
from tests.triage.test_triage_another_way import places_agree
from tests.triage.way import Eakte, Post, states
from triage import completeness, receive, rounds, send
from triage.filing import filing
from triage.follow_moves import Reconciled
from triage.house import PostboxPlan
from triage.known import one_folder
from triage.postboxes.round import PostboxJob, PostboxRound
from triage.reconcile import reconcile
from triage.settings import Settings
from triage.watch import health
from triage.worker import Worker

OLD, NEW = "SC-Südwest", "SC-Süd-West"
AU = "435 Kassel/AU"


@pytest.fixture
def other_name(on_dovecot) -> Iterator[ImapPostbox]:
    """The same account by another name of the machine."""
    _, _, server, _ = on_dovecot
    box = ImapPostbox(NEW, account_of(server))
    yield box
    box.close()


def account_of(server: DovecotServer) -> ImapAccount:
    return ImapAccount(
        "localhost", server.imaps_port, "postfach", server.password, ca_file=server.ca_file
    )


def configured(house, *names):
    plans = tuple(PostboxPlan(name, "Südwest", is_observed=False) for name in names)
    return replace(house, policy=replace(house.policy, postboxes=plans))


def serve(house, box) -> str:
    """One round of a worker that was just started; what `ready` says of it."""
    job = PostboxJob(box.name, "Südwest", lambda: box, files=True)
    worker = Worker(house, send.Outlets(Eakte(), Post()), (job,), poll_seconds=1)
    a_round, name = PostboxRound(worker, job), f"postbox:{box.name}"
    worker._one_round(name, a_round)
    a_round.end()
    return next(check.message for check in health.ready(house) if check.name == name)


def deliver(box, *subjects):
    for subject in subjects:
        box.append("INBOX", eml(subject))


def take_in(house, box, lease):
    return receive.receive(house, box, lease, region="Südwest")


def is_complete(house) -> bool:
    return all(one.closes for one in completeness.proof_of_day(house, ADMIN))


@pytest.mark.parametrize("is_filed", [True, False])
def test_a_postbox_under_another_name_is_not_served_and_its_old_name_goes_on(
    on_dovecot, other_name, is_filed
):
    house, lease, _, box = on_dovecot
    deliver(box, "Krankmeldung", "Termin")
    assert take_in(house, box, lease).kept == 2
    if is_filed:
        one_sorter.sort_pending(house)
        assert filing.file_due(house, box, lease).done == 2
        deliver(box, "Urlaub")
    renamed = configured(house, NEW)
    assert serve(renamed, other_name) == "postbox.renamed"
    assert sum(states(house).values()) == 2
    again = configured(house, OLD)
    assert take_in(again, box, lease).kept == int(is_filed)
    assert is_complete(again)


def test_a_postbox_that_was_renamed_by_an_older_version_goes_on(on_dovecot, other_name):
    """It was doubled then; both names have the same places by now."""
    house, lease, _, box = on_dovecot
    deliver(box, "Krankmeldung")
    assert take_in(house, box, lease).kept == 1
    with house.db.write() as tx:
        new = leases.take(tx, f"postbox:{NEW}", owner="old", now=house.clock(), seconds=600)
    assert take_in(house, other_name, new).kept == 1
    one_folder.require_own(configured(house, NEW), other_name)
    with pytest.raises(Refused, match=OLD):
        one_folder.require_own(configured(house, OLD, NEW), other_name)


def test_of_two_names_for_one_postbox_the_first_is_served(on_dovecot, other_name):
    house, lease, _, box = on_dovecot
    both = configured(house, NEW, OLD)
    deliver(box, "Krankmeldung")
    assert take_in(both, box, lease).kept == 1
    assert serve(both, other_name) == "postbox.twice"
    one_folder.require_own(both, box)
    assert sum(states(house).values()) == 1


def test_a_postbox_with_the_same_mails_at_other_places_is_another_one(house, box, tmp_path, lease):
    create_tree(tmp_path / "other")
    other = MaildirPostbox(NEW, tmp_path / "other", size_limit_bytes=1_000_000)
    for one in (box, other):
        deliver(one, "Krankmeldung")
    take_in(house, box, lease)
    one_folder.require_own(house, other)


def test_another_host_with_the_same_mail_doubles_and_loses_nothing(on_dovecot):
    """As a migration leaves it: the same bytes, other numbers, another order."""
    house, lease, _, box = on_dovecot
    house = configured(house, OLD)
    deliver(box, "Krankmeldung", "Termin", "Urlaub", "Konto")
    take_in(house, box, lease)
    one_sorter.sort_pending(house)
    assert filing.file_due(house, box, lease).done == 4
    deliver(box, "Bescheid", "Umzug", "Umzug")
    assert take_in(house, box, lease).kept == 3
    mails = {
        folder: [mail.data for mail in box.fetch(folder, view.epoch, view.uids)]
        for folder in box.folders()
        for view in [box.view(folder)]
    }
    with DovecotServer(users=("postfach",)) as host:
        moved = ImapPostbox(OLD, account_of(host))
        for folder, found in mails.items():
            moved.ensure_folder(folder)
            for data in reversed(found):
                moved.append(folder, data)
        deliver(moved, "Neu")
        one_folder.require_own(house, moved)
        # Folders of both hosts that were made in one second have one UIDVALIDITY.
        assert take_in(house, moved, lease).kept == 1
        reconcile(house, moved, lease)
        assert reconcile(house, moved, lease) == Reconciled()
        assert places_agree(house, moved)
        one_sorter.sort_pending(house)
        assert filing.file_due(house, moved, lease).done == 4
        moved.close()
    assert states(house) == {"sorted": 8}
    assert is_complete(house)


def test_a_postbox_that_was_out_of_the_configuration_for_a_week(on_dovecot, clock):
    house, lease, server, box = on_dovecot
    deliver(box, "Krankmeldung", "Termin", "Urlaub")
    take_in(configured(house, OLD), box, lease)
    one_sorter.sort_pending(house)
    without = configured(house)
    clock.forward(days=7)
    rounds.keep_order(without, "w-1")
    by_hand = ImapPostbox("by hand", account_of(server))
    view = by_hand.view("INBOX")
    by_hand.ensure_folder(AU)
    assert by_hand.move(Place("INBOX", view.epoch, view.uids[0]), AU)
    deliver(by_hand, "Konto")
    by_hand.close()
    again = configured(house, OLD)
    for _ in range(4):
        assert serve(again, box) == "ok"
        one_sorter.sort_pending(house)
        clock.forward(minutes=5)
    with house.db.read() as tx:
        assert sum(ledger_counts.counts(tx).values()) == 4
        ((place,),) = sightings.lying(tx, [1]).values()
    assert place.folder == AU
    assert box.view("INBOX").uids == ()
    assert places_agree(house, box)
    assert is_complete(again)


IMAP = {"kind": "imap", "region": "Südwest", "password_env": "X", "host": "mx.example", "user": "a"}
MAILDIR = {"kind": "maildir", "region": "Südwest", "root": "/srv/mail/a"}
EWS = {
    "kind": "exchange", "region": "Südwest", "endpoint": "https://mx.example/ews",
    "mailbox": "a@mx.example", "user": "u", "password_env": "X",
}  # fmt: skip


@pytest.mark.parametrize(
    ("one", "other", "are_one"),
    [
        (IMAP, IMAP | {"host": "MX.example"}, True),
        (IMAP, IMAP | {"user": "b"}, False),
        (MAILDIR, MAILDIR | {"root": "/srv/mail/../mail/a/"}, True),
        (MAILDIR, MAILDIR | {"root": "/srv/mail/a/435 Kassel"}, True),
        (MAILDIR, MAILDIR | {"root": "/srv/mail/ab"}, False),
        (EWS, EWS | {"mailbox": "A@mx.example"}, True),
        (EWS, EWS | {"mailbox": "b@mx.example"}, False),
        (IMAP, MAILDIR, False),
    ],
)
def test_two_names_for_one_place_are_refused_at_the_start(one, other, are_one):
    boxes = [one | {"name": OLD}, other | {"name": NEW}]
    if not are_one:
        assert len(Settings.model_validate({"postboxes": boxes}).postboxes) == 2
        return
    with pytest.raises(ValidationError, match=f"{OLD} and {NEW} are one"):
        Settings.model_validate({"postboxes": boxes})
