"""A mail that one way has whole and the other only by its head, over the size limit, is one."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from ingest.archive import ArchiveMail
from ingest.head_only import HEAD_LIMIT_BYTES, head_of
from ingest.maildir.postbox import MaildirPostbox
from rules.access import Caller
from rules.codes import Role
from rules.ledger import LedgerState
from rules.postbox import TOO_LARGE, Fetched, Place, TooLarge
from store.desk import items
from store.mails import ledger
from store.places import sightings
from tests import one_sorter
from tests.house_fixture import ADMIN, eml
from tests.memory import most_bytes
from tests.triage.renumbering import Renumbering
from tests.triage.way import rows
from triage import backfill, receive
from triage.filing import filing
from triage.follow_moves import Reconciled
from triage.house import PostboxPlan
from triage.known import perhaps_twice, same_head, same_mail
from triage.known.perhaps_twice import Pair
from triage.reconcile import reconcile

AU = "435 Kassel/AU"
BODY = "Unterlagen, Seite für Seite.\n" * 11_000
MAIL = eml("Krankmeldung", BODY)
PLAN = PostboxPlan("SC-Südwest", "Südwest", is_observed=False)


class WithCrlf(Renumbering):
    """What an IMAP server makes of the same files, its limit being `limit` bytes."""

    def __init__(self, box, limit):
        super().__init__(box)
        self._limit = limit

    def fetch(self, folder: str, epoch: str, uids: tuple[str, ...]) -> Iterator[Fetched | TooLarge]:
        for mail in super().fetch(folder, epoch, uids):
            data = mail.kept.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
            if len(data) > self._limit:
                yield TooLarge(mail.place, head_of(data), len(data), mail.received_at)
            else:
                yield replace(mail, data=data)

    def remove(self, place: Place, sha256: str) -> bool:
        (mail,) = self.fetch(place.folder, place.epoch, (place.uid,))
        (inner,) = super().fetch(place.folder, place.epoch, (place.uid,))
        digest = receive.fingerprint(mail)
        return sha256 == digest and super().remove(place, receive.fingerprint(inner))


def take_in(house, box, lease):
    return receive.receive(house, box, lease, region="Südwest")


def limited(box, limit):
    return MaildirPostbox(box.name, box._root, size_limit_bytes=limit)


def fill(house, *mails):
    pace = backfill.Pace(None, lambda _: False)
    found = backfill.fill_in(house, ADMIN, mails, plan=PLAN, pace=pace, told=lambda _: None)
    return found.kept, found.known


def by_head(house, data):
    return ArchiveMail("a.eml", head_of(data), house.clock(), TOO_LARGE, len(data))


LIMITS = {"whole first": (1_000_000, len(MAIL)), "its head first": (1_000, 1_000_000)}


@pytest.mark.parametrize("limits", LIMITS.values(), ids=LIMITS)
def test_a_postbox_that_is_served_another_way_with_another_limit(house, box, lease, limits):
    first, then = limits
    on_disk = limited(box, first)
    on_disk.append("INBOX", MAIL)
    on_disk.append("INBOX", eml("Krankmeldung", BODY.replace("Seite für", "Blatt für")))
    assert take_in(house, on_disk, lease).kept == 2
    other = WithCrlf(box, then)
    assert take_in(house, other, lease) == receive.Received(kept=0, adopted=2)
    assert reconcile(house, other, lease) == Reconciled()
    other.append("INBOX", MAIL)
    assert take_in(house, other, lease).kept == 1, "a copy"
    one_sorter.sort_pending(house)
    assert filing.file_due(house, other, lease).done == 3
    with house.db.read() as tx:
        (place,) = sightings.lying(tx, [1])[1]
        sha256 = ledger.message(tx, 1).sha256
    assert place.folder == AU
    assert same_mail.remove(house, other, place, sha256)
    assert place.uid not in other.view(AU).uids


def test_an_archive_has_it_whole_and_the_postbox_only_its_head(house, box, lease):
    archive = ArchiveMail("a.eml", MAIL, house.clock() - timedelta(days=400))
    received = b"Received: by mx; " + archive.received_at.strftime("%d %b %Y %H:%M:%S").encode()
    archive = replace(archive, data=received + b" +0000\n" + MAIL)
    assert fill(house, archive) == (1, 0)
    box.append("INBOX", archive.data)
    box.append("INBOX", archive.data.replace(b"Guten", b"guten") + b"\n")
    other = WithCrlf(box, 1_000)
    assert take_in(house, other, lease) == receive.Received(kept=1, put_back=1)
    assert rows(house) == 2


def test_an_archive_with_a_lower_limit_than_that_of_the_postbox_brings_nothing_twice(
    house, box, lease
):
    box.append("INBOX", MAIL, house.clock())
    take_in(house, box, lease)
    assert fill(house, by_head(house, MAIL)) == (0, 1)
    with_crlf = MAIL.replace(b"\n", b"\r\n")
    assert fill(house, by_head(house, with_crlf)) == (0, 1)
    assert fill(house, by_head(house, with_crlf + b"\r\n")) == (1, 0), "another mail"


def test_a_limit_that_was_raised_before_the_folder_got_new_numbers(house, box, lease):
    low, high = (Renumbering(limited(box, limit)) for limit in (1_000, 1_000_000))
    box.append("INBOX", MAIL)
    assert take_in(house, low, lease).kept == 1
    high.view("INBOX")
    high.number_anew("INBOX")
    assert take_in(house, high, lease) == receive.Received(kept=0, adopted=1)


def test_heads_whose_sizes_no_line_ends_explain_are_two_mails(house, box, lease):
    on_disk = limited(box, 1_000)
    on_disk.append("INBOX", MAIL)
    assert take_in(house, on_disk, lease).kept == 1
    other = WithCrlf(box, 1_000)
    place = other.view("INBOX").uids
    (mail,) = other.fetch("INBOX", "1", place)
    own = same_mail.name(mail)
    for size, is_known in ((len(MAIL), False), (mail.size_bytes, True), (3 * len(MAIL), False)):
        other.fetch = lambda *_, size=size: iter([replace(mail, size_bytes=size)])
        (named,) = same_mail.fetch(house, other, "INBOX", "1", place)
        assert (same_mail.name(named) != own) == is_known


class CountsOtherwise(WithCrlf):
    """As Exchange: what a mail takes up there is no length of its bytes."""

    def fetch(self, folder: str, epoch: str, uids: tuple[str, ...]) -> Iterator[Fetched | TooLarge]:
        for mail in super().fetch(folder, epoch, uids):
            yield replace(mail, size_bytes=mail.size_bytes + 4096)


def test_where_nothing_proves_it_both_are_named_until_a_person_has_ended_one(
    house, box, lease, monkeypatch
):
    house = replace(house, policy=replace(house.policy, postboxes=(PLAN,)))
    assert fill(house, ArchiveMail("a.eml", MAIL, house.clock())) == (1, 0)
    one_sorter.sort_pending(house)
    box.append("INBOX", MAIL, house.clock())
    box.append("INBOX", eml("Termin", BODY).replace(b"same@", b"other@"), house.clock())
    assert take_in(house, CountsOtherwise(box, 1_000), lease).kept == 2
    one_sorter.sort_pending(house)
    (pair,) = perhaps_twice.listing(house, ADMIN)
    assert pair == Pair(PLAN.name, 1, 2)
    with house.db.read() as tx:
        of_both = [items.of_message(tx, number) for number in (1, 2)]
    assert (pair.item_id, pair.other_item_id) == tuple(one and one.id for one in of_both)
    west = Caller("a-2", Role.ADMIN, agencies=None, regions=frozenset({"West"}))
    assert perhaps_twice.listing(house, west) == ()
    with house.db.write() as tx:
        ledger.set_state(tx, 2, LedgerState.DONE, reason="", now=house.clock())
    assert perhaps_twice.listing(house, ADMIN) == ()
    monkeypatch.setattr(perhaps_twice, "_PAGE", 1)
    with house.db.write() as tx:
        perhaps_twice._tell(tx, [(1, 3)], postbox=PLAN.name, now=house.clock())
    assert perhaps_twice.listing(house, ADMIN) == (Pair(PLAN.name, 1, 3),)


HALVES = (b"\r\n", b"\n", b"a", b"\r", b"a\r\n", b"\r\r\n")


@pytest.mark.parametrize("first", HALVES)
@pytest.mark.parametrize("then", HALVES)
def test_heads_are_those_of_the_whole_mail_wherever_a_line_is_cut(first, then):
    for times in (1, HEAD_LIMIT_BYTES - 1, HEAD_LIMIT_BYTES, 2 * HEAD_LIMIT_BYTES):
        data = b"Subject: a" + first * times + then * (HEAD_LIMIT_BYTES + 3)
        assert same_head.heads(data) == {
            (head_of(form[:HEAD_LIMIT_BYTES]), len(form)) for form in (data, *same_head.forms(data))
        }


@pytest.mark.parametrize(("has_archive", "copies"), [(False, 2), (True, 3)])
def test_a_large_mail_is_held_as_seldom_as_can_be_while_it_is_kept(
    house, box, lease, has_archive, copies
):
    if has_archive:
        assert fill(house, ArchiveMail("a.eml", eml("Frage", "Hallo"), house.clock())) == (1, 0)
    data = eml("Unterlagen", "Seite für Seite.\n" * 500_000).replace(b"\n", b"\r\n")
    high = limited(box, 60_000_000)
    high.append("INBOX", data)
    kept = []
    most = most_bytes(lambda: kept.append(take_in(house, high, lease).kept), times=1)
    assert kept == [1]
    assert most < copies * len(data)
