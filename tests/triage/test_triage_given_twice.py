"""A server set back to an older state that keeps its UIDVALIDITY gives numbers a second time."""

from collections import Counter
from dataclasses import replace

import pytest

from ingest.maildir.postbox import MaildirPostbox
from rules.errors import Conflict
from rules.ledger import OpState
from rules.postbox import Place
from store.acts import wishes
from store.places import sightings
from tests import one_sorter
from tests.house_fixture import eml
from tests.triage.renumbering import Renumbering
from tests.triage.test_triage_filing import op_states
from tests.triage.test_triage_reconcile import Unproven, folders_of, trail_of
from tests.triage.test_triage_renumbered import AU, TERMIN, Silent, keep, places_agree
from tests.triage.way import bring_in, rows, states
from triage import receive
from triage.filing import filing
from triage.follow_moves import Reconciled
from triage.known import set_back
from triage.reconcile import reconcile

KRANK, KONTO = eml("Krankmeldung"), eml("Konto")


@pytest.fixture
def server(box) -> Renumbering:
    return Renumbering(box)


def works(house, server, lease, clock, *, times: int = 3) -> list[str]:
    """What a worker does in some rounds, each with a look; why some of them ended early."""
    ended = []
    for _ in range(times):
        clock.forward(minutes=10)
        try:
            receive.receive(house, server, lease, region="Südwest")
            one_sorter.sort_pending(house)
            filing.file_due(house, server, lease)
            reconcile(house, server, lease)
        except Conflict as exc:
            ended.append(exc.code)
            server.checked().clear()  # the worker hangs up
    return ended


@pytest.mark.parametrize("filed", [False, True], ids=["waits", "moved away"])
def test_new_mail_under_the_number_of_a_known_one_is_kept(house, server, lease, filed):
    keep(house, server, lease, eml("Termin"), KRANK)
    if filed:
        one_sorter.sort_pending(house)
        filing.file_due(house, server, lease)
    else:
        server.lose("INBOX", 2)
    server.set_back("INBOX", 2)
    assert keep(house, server, lease, KONTO).kept == 1
    assert rows(house) == 3
    for _ in range(2):
        reconcile(house, server, lease)
    assert places_agree(house, server)


def limited(tmp_path, size_limit_bytes: int) -> Renumbering:
    """The postbox of `box`, which gives the head only of a mail that is larger."""
    root = tmp_path / "postbox"
    return Renumbering(MaildirPostbox("SC-Südwest", root, size_limit_bytes=size_limit_bytes))


def test_new_mail_under_the_number_of_one_whose_head_is_known_is_kept(house, box, lease, tmp_path):
    server = limited(tmp_path, 2000)
    keep(house, server, lease, eml("Unterlagen", "x" * 3000))
    server.lose("INBOX", 1)
    server.set_back("INBOX", 1)
    assert keep(house, server, lease, KONTO).kept == 1
    assert rows(house) == 2


@pytest.mark.parametrize(("before", "after"), [(2000, 2000), (2000, 9000), (9000, 2000)])
def test_a_large_mail_is_the_same_on_each_connection_whatever_the_limit_is(
    house, box, lease, tmp_path, before, after
):
    keep(house, limited(tmp_path, before), lease, eml("Unterlagen", "x" * 3000))
    assert keep(house, limited(tmp_path, after), lease) == receive.Received(0)
    assert "postbox.set_back" not in trail_of(house)


def test_of_many_known_mails_few_are_read_to_find_from_which_number_on_they_were_given_twice(
    house, server, lease
):
    keep(house, server, lease, *(eml(f"Mail {n}") for n in range(1, 121)))
    server.lose("INBOX", *range(101, 121))
    server.set_back("INBOX", 101)
    for mail in range(121, 141):
        server.append("INBOX", eml(f"Mail {mail}"))
    counting = Counting(server)
    received = receive.receive(house, counting, lease, region="Südwest")
    assert (received.kept, received.adopted) == (20, 0)
    # What is new, and a run of five for each of seven halvings and the first, twice at most.
    assert counting.fetched <= 20 + 8 * 2 * set_back.RUN
    assert rows(house) == 140


def test_a_wish_for_a_lost_mail_moves_no_other_that_has_its_number(house, server, lease):
    keep(house, server, lease, KRANK)
    one_sorter.sort_pending(house)
    server.lose("INBOX", 1)
    server.set_back("INBOX", 1)
    assert keep(house, server, lease) == receive.Received(kept=0)
    server.append("INBOX", KONTO)  # between the pass and filing
    assert filing.file_due(house, server, lease).done == 0
    assert folders_of(house, server) == {"INBOX": 1}
    assert keep(house, server, lease).kept == 1


def lying(server: Renumbering) -> dict[str, int]:
    """How many mails lie in each folder that is not empty."""
    return {folder: n for folder in server.folders() if (n := len(server.view(folder).uids))}


class BrokenWhileRead:
    """A server that is set back while `folder` is read; the driver connects anew, and reads on."""

    def __init__(self, server: Renumbering, folder: str, *, puts_back: str = "INBOX") -> None:
        self._server, self._folder, self._puts_back = server, folder, puts_back

    def __getattr__(self, name: str):
        return getattr(self._server, name)

    def fetch(self, folder, epoch, uids):
        if folder == self._folder:
            self._folder = ""
            self._server.set_back(self._puts_back, 1)
        return self._server.fetch(folder, epoch, uids)


def test_a_wish_moves_no_other_mail_if_the_connection_broke_over_one_in_doubt(
    house, server, lease, clock
):
    keep(house, server, lease, KRANK)
    one_sorter.sort_pending(house)
    filing.file_due(house, Unproven(server), lease)
    keep(house, server, lease, eml("Termin"), KONTO)
    one_sorter.sort_pending(house)
    clock.forward(minutes=1)
    assert filing.file_due(house, BrokenWhileRead(server, AU), lease).done == 1
    assert lying(server) == {AU: 1, "INBOX": 2}
    works(house, server, lease, clock)
    assert places_agree(house, server)
    assert server.view("INBOX").uids == ()


def test_a_move_that_is_given_again_moves_no_other_mail_if_the_connection_broke_over_it(
    house, server, lease, clock
):
    keep(house, server, lease, eml("Termin"), KONTO)
    one_sorter.sort_pending(house)
    filing.file_due(house, Silent(server), lease)
    server.append(TERMIN, KRANK)
    clock.forward(minutes=1)
    filing.file_due(house, BrokenWhileRead(server, TERMIN), lease)
    assert lying(server) == {TERMIN: 1, "INBOX": 2}
    works(house, server, lease, clock)
    assert server.view("INBOX").uids == ()
    assert [mail.data for mail in server.fetch(TERMIN, "1", server.view(TERMIN).uids)] == [
        KRANK, eml("Termin"),
    ]  # fmt: skip


def test_what_a_cut_move_left_stays_where_the_copy_was_read_before_the_server_was_set_back(
    house, server, lease, clock
):
    keep(house, server, lease, KRANK)
    one_sorter.sort_pending(house)
    filing.file_due(house, Silent(server), lease)
    server.append(AU, KRANK)  # the copy of a move that was cut
    clock.forward(minutes=1)

    class SetBackAfterwards(Silent):
        def fetch(self, folder, epoch, uids):
            yield from server.fetch(folder, epoch, uids)
            if folder == AU and lying(server).get(AU):
                server.lose(AU, 1)  # younger than the backup
                server.set_back(AU, 1)

    filing.file_due(house, SetBackAfterwards(server), lease)
    assert lying(server) == {"INBOX": 1}
    works(house, server, lease, clock)
    assert lying(server) == {AU: 1}
    assert places_agree(house, server)


def test_a_look_into_two_folders_holds_for_the_connection_that_there_is_in_the_end(
    house, server, lease
):
    bring_in(house, server, lease, KRANK, eml("Krankmeldung", "2. Tag"))
    keep(house, server, lease, KONTO)
    server.checked().clear()
    broken = BrokenWhileRead(server, "INBOX", puts_back=AU)  # the other was read by then
    (uid,) = server.view("INBOX").uids
    places = [Place(AU, "1", "1"), Place("INBOX", "1", uid)]
    assert not set_back.look(house, broken, lease, places).held


def test_a_wish_out_of_a_folder_of_an_agency_moves_no_other_mail(house, server, lease):
    bring_in(house, server, lease, KRANK)
    with house.db.write() as tx:
        wishes.want(tx, 1, dst_folder=TERMIN, now=house.clock())
    server.lose(AU, 1)
    server.set_back(AU, 1)
    server.append(AU, KONTO)
    filing.file_due(house, server, lease)
    assert folders_of(house, server) == {AU: 1}


def test_a_mail_moved_to_a_number_that_another_one_had_is_found_there(house, server, lease, clock):
    bring_in(house, server, lease, KRANK)
    server.lose(AU, 1)
    server.set_back(AU, 1)
    other = eml("Krankmeldung", "Ich bin wieder krank.")
    keep(house, server, lease, other)
    assert works(house, server, lease, clock) == ["place.taken"]
    assert folders_of(house, server) == {AU: 1}
    assert places_agree(house, server)
    assert states(house) == {"gone": 1, "sorted": 1}


def test_a_mail_moved_to_the_number_of_one_that_left_is_proven_at_once(house, server, lease, clock):
    bring_in(house, server, lease, KRANK, eml("Termin"))
    server.move(next(server.fetch(AU, "1", ("1",))).place, TERMIN)
    assert reconcile(house, server, lease).moved_by_hand == 1
    server.set_back(AU, 1)
    bring_in(house, server, lease, eml("Krankmeldung", "Ich bin wieder krank."))
    assert folders_of(house, server) == {AU: 1, TERMIN: 2}
    assert places_agree(house, server)


def test_what_lies_in_a_folder_under_other_numbers_of_the_same_epoch_is_followed(
    house, server, lease
):
    bring_in(house, server, lease, *(eml("Krankmeldung", f"{n}. Tag") for n in range(4)))
    server.lose(AU, 2)
    server.set_back(AU, 2)
    nothing = Reconciled()
    for expected in (Reconciled(renumbered=2), nothing, Reconciled(gone_by_hand=1), nothing):
        assert reconcile(house, server, lease) == expected
    assert places_agree(house, server)
    assert "mail.moved_by_hand" not in trail_of(house)


def test_what_a_stranger_was_under_a_number_is_not_remembered_on_a_new_connection(
    house, server, lease
):
    bring_in(house, server, lease, KRANK, eml("Termin"))
    server.append(AU, KRANK)  # a copy by hand, which is read because another mail is missing
    server.lose(TERMIN, 1)
    read: dict = {}
    for _ in range(2):
        reconcile(house, server, lease, read=read)
    assert len(read) == 1
    with house.db.write() as tx:
        wishes.want(tx, 1, dst_folder="435 Kassel/Konto", now=house.clock())
    server.lose(AU, 1, 2)
    server.set_back(AU, 1)
    server.append(AU, eml("Eins"))
    server.append(AU, eml("Zwei"))
    for _ in range(3):
        filing.file_due(house, server, lease)  # the first to look at these numbers
        reconcile(house, server, lease, read=read)
    assert len(server.view(AU).uids) == 2, "none was moved for one that had its number"
    with house.db.read() as tx:
        assert sightings.known_uids(tx, server.name, folder=AU, epoch="1") == frozenset()


@pytest.mark.parametrize("carried_out", [True, False])
def test_a_move_in_doubt_when_all_numbers_are_given_twice_is_settled_by_content(
    house, server, lease, clock, carried_out
):
    keep(house, server, lease, eml("Termin"), KRANK)
    one_sorter.sort_pending(house)
    filing.file_due(house, Unproven(server) if carried_out else Silent(server), lease)
    for folder in ("INBOX", AU, TERMIN):
        if folder in server.folders():
            server.set_back(folder, 1)
    keep(house, server, lease, KONTO)
    assert works(house, server, lease, clock) == []
    assert op_states(house)[:2] == [OpState.DONE, OpState.DONE]
    assert rows(house) == 3
    assert places_agree(house, server)


@pytest.mark.parametrize("validity", ["kept", "new"])
def test_what_was_filed_since_the_backup_and_lies_in_the_inbox_again_is_no_second_mail(
    house, server, lease, clock, validity
):
    bring_in(house, server, lease, KRANK)
    server.move(next(server.fetch(AU, "1", ("1",))).place, "INBOX")  # the backup has it there
    for folder in ("INBOX", AU):
        if validity == "kept":
            server.set_back(folder, 1)
        else:
            server.number_anew(folder)
    assert works(house, server, lease, clock, times=4) == []
    assert rows(house) == 1
    assert places_agree(house, server)


def test_twins_that_get_both_numbers_which_one_mail_had_are_two_mails(house, server, lease, clock):
    keep(house, server, lease, eml("Termin"), KRANK)
    one_sorter.sort_pending(house)
    filing.file_due(house, server, lease)
    server.move(next(server.fetch(AU, "1", ("1",))).place, "INBOX")  # a person puts it back
    assert receive.receive(house, server, lease, region="Südwest").put_back == 1
    server.lose("INBOX", 3)
    server.set_back("INBOX", 2)
    keep(house, server, lease, KRANK, KRANK)
    assert works(house, server, lease, clock) == []
    assert rows(house) == 3
    # What a person put back stays there; the other one is a mail of its own.
    assert folders_of(house, server) == {"INBOX": 1, AU: 1, TERMIN: 1}
    assert places_agree(house, server)


def test_a_number_given_a_third_time_still_names_the_mail_that_has_it(house, server, lease):
    for number in range(1, 4):
        keep(house, server, lease, eml(f"Mail {number}"))
        server.lose("INBOX", 1)
        server.set_back("INBOX", 1)
    assert keep(house, server, lease, eml("Mail 1")).adopted == 1
    assert rows(house) == 3
    for _ in range(2):
        reconcile(house, server, lease)
    assert places_agree(house, server)
    assert states(house) == {"kept": 3}


def test_what_was_read_in_a_persons_folder_before_is_read_again(house, server, lease):
    bring_in(house, server, lease, KRANK, eml("Termin"))
    server.ensure_folder("Von Hand")
    server.append("Von Hand", KONTO)
    server.lose(TERMIN, 1)
    read: dict[Place, str] = {}
    assert reconcile(house, server, lease, read=read) == Reconciled(strangers=1)
    server.lose("Von Hand", 1)
    server.set_back("Von Hand", 1)
    server.move(next(server.fetch(AU, "1", ("1",))).place, "Von Hand")
    assert reconcile(house, server, lease, read=read).moved_by_hand == 1


def test_a_number_that_the_server_told_wrong_is_found_out_by_the_next_look(house, server, lease):
    """Also on the same connection, where no number is missing and none is new."""
    bring_in(house, server, lease, eml("Termin"))
    assert reconcile(house, server, lease) == Reconciled()
    bring_in(house, server, lease, KRANK, eml("Krankmeldung", "2. Tag"))
    checked = dict(server.checked())
    server.set_back(AU, 1)
    server.checked().update(checked)
    assert reconcile(house, server, lease) == Reconciled(renumbered=2)
    assert places_agree(house, server)


def test_a_server_that_renders_mail_anew_each_time_proves_nothing(house, server, lease):
    """Else all its mail would come in a second time after each break of the line."""
    keep(house, server, lease, KRANK)
    server.checked().clear()
    assert receive.receive(house, Rendering(server), lease, region="Südwest") == receive.Received(0)
    assert rows(house) == 1


def test_a_round_asks_no_more_than_before_and_each_connection_once(house, server, lease):
    keep(house, server, lease, KRANK, eml("Termin"))
    server.checked().clear()
    asked = []
    for _ in range(2):
        counting = Counting(server)
        receive.receive(house, counting, lease, region="Südwest")
        asked.append((counting.calls["view"], counting.fetched))
    assert asked == [(1, 2), (1, 0)]


@pytest.mark.parametrize("keeps", ["files", "nothing"])
def test_the_same_on_a_dovecot_restored_with_its_old_numbers(on_dovecot, clock, keeps):
    house, lease, server, imap = on_dovecot
    bring_in(house, imap, lease, KRANK, eml("Krankmeldung", "2. Tag"))
    keep(house, imap, lease, *(eml(f"Mail {n}") for n in range(3)))
    epoch = imap.view("INBOX").epoch
    server.kill()
    for folder in ("", AU):
        server.set_back("postfach", folder, next_uid=2, keeps=keeps)
    server.start()
    imap.close()
    new = [eml("Krankmeldung", f"{n}. Attest") for n in range(4)]
    assert keep(house, imap, lease, *new).kept == len(new)
    assert imap.view("INBOX").epoch == epoch
    assert int(imap.view("INBOX").uids[-1]) <= 8
    works(house, imap, lease, clock, times=4)
    assert places_agree(house, imap)
    assert rows(house) == 5 + len(new)
    assert states(house) == ({"sorted": 9} if keeps == "files" else {"sorted": 5, "gone": 4})


class Counting(Unproven):
    """Counts calls, and mails that were fetched."""

    def __init__(self, box) -> None:
        super().__init__(box)
        self.calls: Counter[str] = Counter()
        self.fetched = 0

    def view(self, folder):
        self.calls["view"] += 1
        return self._box.view(folder)

    def fetch(self, folder, epoch, uids):
        self.fetched += len(uids)
        return self._box.fetch(folder, epoch, uids)


class Rendering(Unproven):
    """Writes the parts of a mail with another boundary each time."""

    times = 0

    def fetch(self, folder, epoch, uids):
        for mail in self._box.fetch(folder, epoch, uids):
            self.times += 1
            yield replace(mail, data=mail.data + b"%d" % self.times)
