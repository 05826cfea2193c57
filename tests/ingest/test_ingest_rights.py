"""Folder rights on real peers: every defect found, none invented, a plan done and undone."""

import errno
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from ingest.exchange.rights import ExchangeRights
from ingest.imap.rights import ImapRights
from ingest.maildir.postbox import MaildirPostbox, create_tree
from ingest.maildir.rights import MaildirRights
from rules.errors import Refused, TryLater
from rules.rights.distribution import Member, MemberKind
from rules.rights.folder_acl import (
    ANONYMOUS,
    DEFAULT,
    FolderAcl,
    Naming,
    PrincipalKind,
    access,
    account,
)
from rules.rights.folder_findings import FIXABLE, Code
from rules.rights.folder_levels import RIGHTS_OF, Level, Right
from rules.rights.folder_rights import audit
from rules.rights.plan import applied, make_plan, undone
from tests.ingest.conftest import _ACCOUNTS, ExchangeCase, ImapCase
from tests.rights_peers import into_dovecot, into_exchange, into_maildir
from tests.rights_world import EDITOR, IN_FOLDERS, READER, World, build
from tests.rules.test_rules_folder_rights import DEFECTS
from tests.servers.dovecot import DovecotServer
from tests.servers.exchange import Fault
from tests.servers.exchange_store import Grant
from triage.ports import FolderRights

Opened = Callable[[World], FolderRights]
_numbers = itertools.count()
_last_accounts = reversed(_ACCOUNTS)
"""The conftest gives them out from the first on."""
EVERY = {(code, "101", below) for code in IN_FOLDERS for below in (False, True)} - {
    (Code.NOT_READABLE, "101", False),
    (Code.NOT_READABLE, "101", True),
    (Code.UNKNOWN_LEVEL, "101", False),
    (Code.UNKNOWN_LEVEL, "101", True),
}
"""Each defect that a plan can mend, in one agency's two folders."""

FEW = settings(
    max_examples=4,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture
def on_exchange(exchange_case: ExchangeCase) -> Iterator[Opened]:
    opened: list[ExchangeRights] = []

    def open_one(world: World) -> FolderRights:
        case = ExchangeCase(exchange_case.server, f"rechte{next(_numbers)}@dienst.example")
        with case.server.lock:
            into_exchange(world, case.mailbox)
        opened.append(ExchangeRights("mitte", case.account))
        return opened[-1]

    yield open_one
    for one in opened:
        one.close()


@pytest.fixture
def on_imap(dovecot) -> Iterator[Opened]:
    opened: list[ImapRights] = []

    def open_one(world: World) -> FolderRights:
        case = ImapCase(dovecot, next(_last_accounts))
        into_dovecot(world, dovecot.maildir(case.user))
        dovecot.hand_over_to_server(case.user)
        opened.append(ImapRights("mitte", case.account))
        return opened[-1]

    yield open_one
    for one in opened:
        one.close()


@pytest.fixture
def on_maildir(tmp_path) -> Opened:
    def open_one(world: World) -> FolderRights:
        root = tmp_path / str(next(_numbers))
        create_tree(root)
        into_maildir(world, root)
        return MaildirRights("mitte", root)

    return open_one


PEERS = {"exchange": Naming.ADDRESS, "imap": Naming.IMAP, "maildir": Naming.IMAP}


@pytest.fixture(params=list(PEERS))
def peer(request: pytest.FixtureRequest) -> tuple[Naming, Opened]:
    return PEERS[request.param], request.getfixturevalue(f"on_{request.param}")


def read(rights: FolderRights) -> tuple[FolderAcl, ...]:
    return rights.read(rights.folders())


def found(acls, world: World) -> set[tuple[Code, str, str]]:
    should = world.should()
    return {(one.code, one.folder, one.subject) for one in audit(acls, should)}


def carry_out(rights: FolderRights, changes) -> None:
    for folder in dict.fromkeys(one.folder for one in changes):
        rights.write(folder, {one.principal: one.after for one in changes if one.folder == folder})


@given(DEFECTS)
@FEW
def test_every_defect_is_found_and_none_is_invented(peer, defects):
    naming, opened = peer
    world = build(naming, defects)
    assert found(read(opened(world)), world) == world.expected


def test_a_plan_mends_what_it_can_and_can_be_undone(peer):
    naming, opened = peer
    world = build(naming, EVERY | {(Code.NOT_READABLE, "102", False)})
    rights = opened(world)
    before = {acl.folder: acl for acl in read(rights)}
    plan = make_plan(audit(before.values(), world.should()))
    carry_out(rights, plan.changes)
    after = {acl.folder: acl for acl in read(rights)}
    for folder in plan.folders():
        expected = applied(before[folder], plan.of_folder(folder))
        assert access(after[folder].entries) == access(expected.entries)
    assert not [one for one in audit(after.values(), world.should()) if one.code in FIXABLE]
    carry_out(rights, undone(plan.changes))
    for acl in read(rights):
        orphan = PrincipalKind.ORPHAN
        was = {w: r for w, r in access(before[acl.folder].entries).items() if w.kind is not orphan}
        assert access(acl.entries) == was


def test_a_folder_that_vanished_is_told_and_not_made(peer):
    naming, opened = peer
    rights = opened(build(naming, set()))
    (acl,) = rights.read(["101 Ort101/Gibt es nicht"])
    assert acl.unreadable == "postbox.folder_missing" or acl.entries == ()
    with pytest.raises(Refused):
        rights.write("101 Ort101/Gibt es nicht", {account("x"): READER})
    assert "101 Ort101/Gibt es nicht" not in rights.folders()


@pytest.mark.parametrize("level", RIGHTS_OF)
def test_each_level_of_exchange_goes_there_and_back(exchange_case, level):
    who = account("wer@dienst.example")
    rights = ExchangeRights("mitte", exchange_case.account)
    rights.write("INBOX", {who: RIGHTS_OF[level]})
    (acl,) = rights.read(["INBOX"])
    assert access(acl.entries).get(who, frozenset()) == RIGHTS_OF[level]
    rights.close()


def test_what_is_not_changed_on_exchange_stays_as_it_was_said(exchange_case):
    inbox = exchange_case.mailbox.inbox
    odd = ("true", "false", "false", "true", "true", "Owned", "None", "FullDetails")
    inbox.grants = [
        Grant.of("Default", "Reviewer"),
        Grant("selten@dienst.example", "Custom", odd),
        Grant.of("S-1-5-21-7", "Editor"),
    ]
    inbox.unknown_entries = ["S-1-5-21-8"]
    rights = ExchangeRights("mitte", exchange_case.account)
    (acl,) = rights.read(["INBOX"])
    kinds = {entry.principal.kind for entry in acl.entries}
    assert kinds == {PrincipalKind.DEFAULT, PrincipalKind.ACCOUNT, PrincipalKind.ORPHAN}
    special = frozenset({Right.VISIBLE, Right.EDIT_OWN})
    rights.write("INBOX", {DEFAULT: frozenset(), account("neu@dienst.example"): special})
    assert inbox.grants == [
        Grant("selten@dienst.example", "Custom", odd),
        Grant.of("S-1-5-21-7", "Editor"),
        Grant.of("Default", "None"),
        Grant(
            "neu@dienst.example",
            "Custom",
            ("false", "false", "false", "true", "false", "Owned", "None", "None"),
        ),
    ]
    rights.close()


def test_a_level_that_exchange_does_not_explain_is_unknown(exchange_case):
    inbox = exchange_case.mailbox.inbox
    inbox.grants = [Grant("a@dienst.example", "Custom"), Grant("b@dienst.example", "Editor")]
    rights = ExchangeRights("mitte", exchange_case.account)
    (acl,) = rights.read(["INBOX"])
    assert [entry.rights for entry in acl.entries] == [None, EDITOR]
    rights.close()


def test_flags_that_exchange_leaves_out_are_not_taken_for_no(exchange_case):
    """The name speaks for them; "Custom" says nothing, so what is left out may be given."""
    inbox = exchange_case.mailbox.inbox
    told = ("true", "false", "false")
    inbox.grants = [
        Grant("Default", "Reviewer", ("false",)),
        Grant("a@dienst.example", "Custom", told),
        Grant("b@dienst.example", "Editor", told),
    ]
    rights = ExchangeRights("mitte", exchange_case.account)
    (acl,) = rights.read(["INBOX"])
    assert [entry.rights for entry in acl.entries] == [READER, None, EDITOR]
    rights.close()


def test_exchange_that_hides_permissions_is_not_written_to(exchange_case):
    exchange_case.mailbox.inbox.hides_grants = True
    rights = ExchangeRights("mitte", exchange_case.account)
    (acl,) = rights.read(["INBOX"])
    assert acl.unreadable == "postbox.no_right"
    with pytest.raises(Refused) as refused:
        rights.write("INBOX", {account("x@dienst.example"): READER})
    assert refused.value.code == "postbox.no_right"
    assert "UpdateFolder" not in exchange_case.server.calls[-2:]
    rights.close()


def test_one_folder_that_fails_does_not_hide_the_others(exchange_case):
    exchange_case.mailbox.folder("101 Ort101")
    rights = ExchangeRights("mitte", exchange_case.account)
    folders = rights.folders()
    fault = Fault("item", "GetFolder", code="ErrorCorruptData")
    exchange_case.mailbox.faults.append(fault)
    acls = rights.read(folders)
    assert [acl.unreadable for acl in acls] == ["postbox.command_refused", ""]
    assert {acl.unreadable for acl in rights.read(folders)} == {""}
    rights.close()


def test_a_cut_line_is_read_again_and_a_write_is_not_repeated(exchange_case):
    faults = exchange_case.mailbox.faults
    rights = ExchangeRights("mitte", exchange_case.account)
    faults.append(Fault("drop_before", "GetFolder"))
    assert [acl.unreadable for acl in rights.read(["INBOX"])] == [""]
    faults.append(Fault("drop_after", "UpdateFolder"))
    with pytest.raises(TryLater):
        rights.write("INBOX", {account("x@dienst.example"): READER})
    assert exchange_case.server.calls.count("UpdateFolder") >= 1
    (acl,) = rights.read(["INBOX"])
    assert access(acl.entries)[account("x@dienst.example")] == READER
    rights.close()


def test_members_of_lists_come_level_by_level(exchange_case):
    exchange_case.server.lists["ez@dienst.example"] = [
        ("A@dienst.example", "Mailbox"),
        ("team@dienst.example", "PublicDL"),
    ]
    rights = ExchangeRights("mitte", exchange_case.account)
    assert rights.members("ez@dienst.example") == (
        Member("a@dienst.example"),
        Member("team@dienst.example", MemberKind.GROUP),
    )
    assert rights.members("gibt.es.nicht@dienst.example") is None
    rights.close()


def test_dovecot_reads_what_was_written_into_its_files(imap_case: ImapCase, dovecot):
    wanted = {account("$ez-101"): EDITOR, account("k1"): READER, DEFAULT: READER}
    with imap_case.person() as person:
        person.create_folder("101 Ort101")
    MaildirRights("mitte", dovecot.maildir(imap_case.user)).write("101 Ort101", wanted)
    dovecot.hand_over_to_server(imap_case.user)
    rights = ImapRights("mitte", imap_case.account)
    (acl,) = rights.read(["101 Ort101"])
    has = access(acl.entries)
    assert {who: has.get(who) for who in wanted} == wanted
    rights.close()


def test_a_server_without_acl_says_so(imap_case: ImapCase):
    from tests.servers.dovecot import DovecotOptions, DovecotServer

    with DovecotServer(("nord",), DovecotOptions(capability="IMAP4rev1 UIDPLUS MOVE")) as server:
        rights = ImapRights("mitte", ImapCase(server, "nord").account)
        with pytest.raises(Refused) as refused:
            rights.folders()
        assert refused.value.code == "rights.no_acl"
        rights.close()


def test_the_file_of_a_maildir_keeps_what_is_not_ours(tmp_path):
    create_tree(tmp_path)
    file = tmp_path / "dovecot-acl"
    file.write_text(
        '# Kommentar\n"user=mit leer" lr\ngroup-override=alle lr\nanonymous r\n'
        "owner lrwstipekxa\nuser=S-1-5-21-9 lr\nunklar\n-user=weg lr\nauthenticated l\n\n"
    )
    file.chmod(0o640)
    rights = MaildirRights("mitte", tmp_path)
    (acl,) = rights.read(["INBOX"])
    found = {entry.principal: entry.rights for entry in acl.entries}
    assert found[account("mit leer")] == READER
    assert found[ANONYMOUS] == {Right.READ}
    assert found[DEFAULT] == {Right.VISIBLE}
    assert found[account("S-1-5-21-9")] == READER
    assert found[account("unklar")] is None
    assert found[account("weg")] is None
    rights.write("INBOX", {account("mit leer"): EDITOR, ANONYMOUS: frozenset(), DEFAULT: READER})
    lines = file.read_text().splitlines()
    assert lines[0] == "# Kommentar"
    assert "anonymous r" not in lines
    assert '"user=mit leer" lrswipte' in lines
    assert "anyone lrs" in lines
    assert "group-override=alle lr" in lines
    assert file.stat().st_mode & 0o777 == 0o640
    assert not list(tmp_path.glob(".dovecot-acl*"))


@pytest.mark.parametrize("data", [b"\xff\xfe", b"x" * 100_001])
def test_a_file_that_nobody_can_read_is_a_finding(tmp_path, data):
    create_tree(tmp_path)
    (tmp_path / "dovecot-acl").write_bytes(data)
    rights = MaildirRights("mitte", tmp_path)
    assert [acl.unreadable for acl in rights.read(["INBOX", "../oben"])] == [
        "rights.file",
        "postbox.folder_name",
    ]


def test_a_file_without_right_is_a_finding(tmp_path, monkeypatch):
    create_tree(tmp_path)
    (tmp_path / "dovecot-acl").touch()
    opened = Path.open

    def refused(path, *how, **rest):
        """Root, as which tests run in containers, may read everything."""
        if path.name == "dovecot-acl":
            raise PermissionError(errno.EACCES, "denied", str(path))
        return opened(path, *how, **rest)

    monkeypatch.setattr(Path, "open", refused)
    assert [acl.unreadable for acl in MaildirRights("x", tmp_path).read(["INBOX"])] == [
        "postbox.no_right"
    ]


def test_levels_on_imap_are_letters(on_imap):
    rights = on_imap(build(Naming.IMAP, set()))
    rights.write("INBOX", {account("k1"): RIGHTS_OF[Level.OWNER], account("mit leer"): READER})
    (acl,) = rights.read(["INBOX"])
    assert access(acl.entries)[account("k1")] == RIGHTS_OF[Level.OWNER]
    assert access(acl.entries)[account("mit leer")] == READER
    rights.write("INBOX", {account("k1"): frozenset(), account("mit leer"): frozenset()})
    (acl,) = rights.read(["INBOX"])
    assert account("k1") not in access(acl.entries)


@pytest.mark.parametrize(
    "name", ["Müller", 'o"brien', "k<1>", "K-0417", "back\\slash", "x" * 200, "$EZ-Große"]
)
def test_accounts_with_any_name_lose_what_is_taken(imap_case: ImapCase, dovecot, name):
    """As people wrote them into the files of the server, capitals and all."""
    with imap_case.person() as person:
        person.create_folder("101 Ort101")
    file = dovecot.maildir(imap_case.user) / "101 Ort101" / "dovecot-acl"
    short = name.removeprefix("$")
    quoted = short.replace("\\", "\\\\").replace('"', '\\"')
    file.write_text(f'"{"group" if name[0] == "$" else "user"}={quoted}" lr\n')
    dovecot.hand_over_to_server(imap_case.user)
    rights = ImapRights("mitte", imap_case.account)
    (acl,) = rights.read(["101 Ort101"])
    who = account(name)
    assert access(acl.entries).get(who) == READER
    rights.write("101 Ort101", {who: frozenset()})
    (acl,) = rights.read(["101 Ort101"])
    assert who not in access(acl.entries)
    rights.close()


def test_a_new_subfolder_takes_over_the_rights_of_the_folder_above(tmp_path):
    create_tree(tmp_path)
    box, rights = MaildirPostbox("mitte", tmp_path), MaildirRights("mitte", tmp_path)
    box.ensure_folder("435 Kassel")
    rights.write("435 Kassel", {account("k1"): READER})
    box.ensure_folder("435 Kassel/AU")
    box.ensure_folder("017 Neustadt")
    folders = ["435 Kassel/AU", "017 Neustadt"]
    below, beside = (access(acl.entries) for acl in rights.read(folders))
    assert below[account("k1")] == READER
    assert account("k1") not in beside
    rights.write("435 Kassel/AU", {account("k1"): frozenset()})
    box.ensure_folder("435 Kassel/AU")
    (below,) = (access(acl.entries) for acl in rights.read(folders[:1]))
    assert account("k1") not in below


def test_a_region_of_forty_agencies_is_read_in_few_requests(exchange_case: ExchangeCase):
    """The goal is 5 s for a region; what it costs is requests (measured in tests/bench)."""
    with exchange_case.server.lock:
        for code in range(101, 141):
            for topic in ("", "/AU", "/Termine"):
                exchange_case.mailbox.folder(f"{code} Ort{code}{topic}")
    rights = ExchangeRights("mitte", exchange_case.account)
    before = len(exchange_case.server.calls)
    acls = read(rights)
    asked = exchange_case.server.calls[before:]
    rights.close()
    assert len(acls) == 121
    assert not any(acl.unreadable for acl in acls)
    assert len(asked) <= 6, asked


def test_a_folder_that_another_account_shares_is_not_among_ones_own(
    dovecot: DovecotServer,
) -> None:
    giver, taker = (ImapCase(dovecot, next(_last_accounts)) for _ in range(2))
    giver.box.ensure_folder("435 Kassel")
    with giver.person() as person:
        person.setacl("435 Kassel", "anyone", "lr")
    with taker.person() as person:
        names = [name for _, _, name in person.list_folders()]
    assert f"shared/{giver.user}/435 Kassel" in names, "the server lists it"
    assert taker.box.folders() == ("INBOX",)
    for box in (giver.box, taker.box):
        box.close()
