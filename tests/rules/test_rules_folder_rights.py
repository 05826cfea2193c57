"""Folder rights against lists: every defect is found and none invented, on made-up regions."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.errors import Refused
from rules.rights.distribution import DistributionList, ListBook, Member
from rules.rights.folder_acl import (
    ANONYMOUS,
    Entry,
    FolderAcl,
    Naming,
    PrincipalKind,
    access,
    account,
)
from rules.rights.folder_findings import (
    FIXABLE,
    WORDS,
    Code,
    Finding,
    Key,
    is_kept,
    meaning,
    named,
    remedy,
    title,
)
from rules.rights.folder_levels import (
    RIGHTS_OF,
    Level,
    Right,
    from_letters,
    in_words,
    level_named,
    level_of,
    on_imap,
    to_letters,
)
from rules.rights.folder_rights import Should, audit, open_findings
from rules.rights.plan import Deed, applied, differs, make_plan, undone
from tests.rights_world import (
    AGENCIES,
    EDITOR,
    IN_FOLDERS,
    OF_AGENCIES,
    OF_LISTS,
    OF_THE_POSTBOX,
    READER,
    REGION,
    SC,
    World,
    build,
    directory,
    ez,
    person,
)

DEFECTS = st.sets(
    st.one_of(
        st.tuples(st.sampled_from(IN_FOLDERS), st.sampled_from(AGENCIES), st.booleans()),
        st.tuples(
            st.sampled_from(OF_AGENCIES + OF_LISTS), st.sampled_from(AGENCIES), st.just(False)
        ),
        st.tuples(st.sampled_from(OF_THE_POSTBOX), st.just("101"), st.just(False)),
    ),
    max_size=25,
)
NAMINGS = st.sampled_from(Naming)


def found_in(world: World) -> set[tuple[Code, str, str]]:
    return {
        (one.code, one.folder, one.subject) for one in audit(world.folder_acls(), world.should())
    }


@given(NAMINGS, DEFECTS)
@settings(max_examples=60)
def test_every_defect_is_found_and_none_is_invented(naming, defects):
    world = build(naming, defects)
    assert found_in(world) == world.expected


@given(NAMINGS, DEFECTS)
@settings(max_examples=30)
def test_after_the_plan_nothing_is_left_that_a_plan_can_mend(naming, defects):
    world = build(naming, defects)
    should = world.should()
    before = audit(world.folder_acls(), should)
    plan = make_plan(before)
    after = [applied(acl, plan.of_folder(acl.folder)) if acl.folder in plan.folders() else acl
             for acl in world.folder_acls()]  # fmt: skip
    left = audit(after, should)
    assert {one.folder for one in left if one.code in FIXABLE} <= set(plan.blocked)
    assert {one.key for one in left if one.code not in FIXABLE} == {
        one.key for one in before if one.code not in FIXABLE
    }


@given(NAMINGS, DEFECTS)
@settings(max_examples=20)
def test_a_plan_undone_is_what_was_before(naming, defects):
    world = build(naming, defects)
    plan = make_plan(audit(world.folder_acls(), world.should()))
    for acl in world.folder_acls():
        changes = plan.of_folder(acl.folder)
        if changes:
            there = applied(acl, changes)
            back = applied(there, undone(changes))
            orphan = PrincipalKind.ORPHAN
            before = {who: r for who, r in access(acl.entries).items() if who.kind is not orphan}
            assert access(back.entries) == before


@given(NAMINGS, DEFECTS)
@settings(max_examples=20)
def test_a_plan_gives_before_it_takes_and_leaves_the_unreadable_alone(naming, defects):
    world = build(naming, defects)
    plan = make_plan(audit(world.folder_acls(), world.should()))
    for folder in plan.folders():
        deeds = [list(Deed).index(change.deed) for change in plan.of_folder(folder)]
        assert deeds == sorted(deeds)
    assert not {*plan.folders()} & (world.unreadable | {*world.unknown})


def should_with(*lists: DistributionList, **more) -> Should:
    return Should(REGION, directory(), ListBook(lists), **more)


def test_without_a_reported_list_nobody_counts_as_surplus():
    acl = FolderAcl("101 Ort101", (Entry(account("wer@dienst.example"), EDITOR),))
    sc = DistributionList(SC, region=REGION)
    codes = {one.code for one in audit([acl], should_with(sc)) if one.folder}
    assert codes == {Code.MISSING}
    told = {one.code for one in audit([acl], should_with(DistributionList(ez("101"), "101")))}
    assert Code.REGION_WITHOUT_LIST in told
    assert Code.SURPLUS not in told


def test_a_list_may_see_the_folders_on_its_way_and_no_more():
    lists = (DistributionList(SC, region=REGION), DistributionList(ez("101"), agency="101"))
    for rights, expected in ((frozenset({Right.VISIBLE}), set()), (READER, {Code.SURPLUS})):
        inbox = FolderAcl("INBOX", (Entry(account(SC), EDITOR), Entry(account(ez("101")), rights)))
        codes = {one.code for one in audit([inbox], should_with(*lists)) if one.folder == "INBOX"}
        assert codes == expected


def test_anonymous_is_told_apart_and_the_exempt_are_not_judged():
    entries = (
        Entry(account(SC), EDITOR),
        Entry(ANONYMOUS, READER),
        Entry(account("dienst"), EDITOR),
    )
    sc = DistributionList(SC, region=REGION)
    found = audit([FolderAcl("INBOX", entries)], should_with(sc, exempt=frozenset({"dienst"})))
    assert [(one.code, one.subject) for one in found if one.folder] == [
        (Code.OPEN_TO_ALL, "anonymous")
    ]


def test_common_folders_of_the_settings_belong_to_the_house():
    sc = DistributionList(SC, region=REGION)
    acl = FolderAcl("Archiv/2024", (Entry(account(SC), EDITOR),))
    assert not [
        one for one in audit([acl], should_with(sc, common=frozenset({"Archiv"}))) if one.folder
    ]
    assert [one.code for one in audit([acl], should_with(sc)) if one.folder] == [
        Code.FOLDER_WITHOUT_AGENCY
    ]


def test_an_agency_of_another_region_has_no_folder_here():
    sc = DistributionList(SC, region=REGION)
    (found,) = [one for one in audit([FolderAcl("301 Ort301")], should_with(sc)) if one.folder]
    assert (found.code, "Nord" in found.about) == (Code.FOLDER_WITHOUT_AGENCY, True)


def test_more_than_the_parent_gives_is_not_inherited():
    lists = (DistributionList(SC, region=REGION), DistributionList(ez("101"), agency="101"))
    base = tuple(Entry(account(who), EDITOR) for who in (SC, ez("101")))
    above = FolderAcl("101 Ort101", (*base, Entry(account("x@dienst.example"), READER)))
    below = FolderAcl("101 Ort101/AU", (*base, Entry(account("x@dienst.example"), EDITOR)))
    found = [one.code for one in audit([above, below], should_with(*lists)) if one.folder]
    assert found == [Code.SURPLUS, Code.SURPLUS]


def test_what_a_person_keeps_is_no_open_finding():
    world = build(Naming.ADDRESS, {(Code.SURPLUS, "101", False), (Code.ORPHAN, "102", False)})
    findings = audit(world.folder_acls(), world.should())
    kept = Key(Code.SURPLUS, "101 Ort101", "fremd0.101@dienst.example")
    left, decided = open_findings(findings, {kept: None})
    assert [one.code for one in left] == [Code.ORPHAN]
    assert [one.key for one in decided] == [kept]


def test_what_differs_from_the_expected_is_named():
    acl = FolderAcl(
        "x", (Entry(account("a@x.example"), EDITOR), Entry(account("b@x.example"), None))
    )
    expected = {account("a@x.example"): EDITOR, account("c@x.example"): READER}
    assert [who.key for who in differs(acl, expected)] == ["b@x.example", "c@x.example"]


@pytest.mark.parametrize("code", Code)
def test_each_finding_says_what_is_the_case_and_what_to_do(code):
    from rules.rights.folder_findings import Finding

    assert title(code)
    assert remedy(code)
    assert "{" not in meaning(Finding(code, "f", "101", "default", cause=Code.SURPLUS))
    assert set(WORDS) == set(Code)


@pytest.mark.parametrize("level", RIGHTS_OF)
def test_a_level_is_found_again_by_its_rights_and_its_names(level):
    rights = RIGHTS_OF[level]
    assert level_of(rights) is level
    assert level_of(rights | {Right.CONTACT}) is level
    assert level_named(level.value) is level
    assert level_named(f" {in_words(rights).upper()} ") is level


@given(st.frozensets(st.sampled_from(list("lrswipkxteacd"))))
def test_letters_and_rights_agree(letters):
    rights = from_letters("".join(letters))
    assert rights is not None
    assert from_letters(to_letters(rights)) == rights
    assert on_imap(rights) == rights


def test_what_no_table_knows_is_said_to_be_unknown():
    assert from_letters("lr7") is None
    assert in_words(None) == "unbekannt"
    assert in_words(frozenset({Right.VISIBLE, Right.OWNER})) == "sehen, Besitz"
    assert level_of(frozenset({Right.OWNER})) is Level.CUSTOM
    assert named("default") == "Standard"
    for text in ("Chef", "Custom", ""):
        with pytest.raises(Refused) as refused:
            level_named(text)
        assert refused.value.code == "rights.level_unknown"


def test_rights_on_ones_own_are_lost_on_imap():
    assert on_imap(RIGHTS_OF[Level.AUTHOR]) == {Right.VISIBLE, Right.READ, Right.CREATE}
    assert to_letters(EDITOR) == "lrswipte"


def test_groups_in_groups_are_followed_and_circles_end():
    book = ListBook(
        (
            DistributionList(
                "a@x.example", agency="101", members=(Member("b@x.example"), Member(""))
            ),
            DistributionList("b@x.example", members=(Member("c@x.example"), Member("a@x.example"))),
        )
    )
    assert book.members("a@x.example") == (
        frozenset({"c@x.example"}),
        frozenset({"a@x.example", "b@x.example"}),
    )
    assert book.is_circular("a@x.example")


def test_a_former_member_who_is_back_is_no_former_member():
    lists = (
        DistributionList(SC, region=REGION),
        DistributionList(ez("101"), agency="101", members=(Member(person("101")),)),
    )
    book = ListBook(lists, {ez("101"): frozenset({person("101")})})
    entries = tuple(Entry(account(who), EDITOR) for who in (SC, ez("101"), person("101")))
    acl = FolderAcl("101 Ort101", entries)
    found = audit([acl], Should(REGION, directory(), book))
    assert [one.code for one in found if one.folder] == [Code.DIRECT]


def test_a_plan_counts_its_deeds_and_changes_its_folders_only():
    world = build(Naming.ADDRESS, {(Code.MISSING, "101", False), (Code.SURPLUS, "102", False)})
    acls = {acl.folder: acl for acl in world.folder_acls()}
    plan = make_plan(audit(acls.values(), world.should()))
    assert plan.counts() == {Deed.GIVE: 1, Deed.ALTER: 0, Deed.TAKE: 1}
    other = acls["103 Ort103"]
    assert access(applied(other, plan.changes).entries) == access(other.entries)


@pytest.mark.parametrize("address", ["s-1-team@dienst.example", "s-1-5-21@dienst.example"])
def test_an_address_that_begins_like_an_id_is_no_orphan(address):
    assert account(address).kind is PrincipalKind.ACCOUNT
    assert account("s-1-5-21-4711-101").kind is PrincipalKind.ORPHAN


def test_a_list_that_shall_have_nothing_is_not_missing():
    none = DistributionList(ez("101"), agency="101", level=Level.NONE)
    book = ListBook((none, DistributionList(SC, region=REGION)))
    acl = FolderAcl("101 Ort101", (Entry(account(SC), EDITOR),))
    found = audit([acl], Should(REGION, directory(), book))
    assert Code.MISSING not in {one.code for one in found}


@pytest.mark.parametrize(
    ("letters", "rights"),
    [
        ("lrd", READER | {Right.DELETE_OWN, Right.DELETE_ALL}),
        ("lrc", READER | {Right.SUBFOLDERS}),
        ("lrxcd", READER | {Right.OWNER}),
        ("lrkc", READER | {Right.SUBFOLDERS}),
    ],
)
def test_letters_of_older_servers_count_where_they_stand_alone(letters, rights):
    assert from_letters(letters) == rights


def test_another_group_on_a_list_is_not_what_was_kept():
    then = Finding(Code.NESTED, "", "101", ez("101"), about="fremd@dienst.example")
    more = Finding(
        Code.NESTED, "", "101", ez("101"), about="alle@dienst.example, fremd@dienst.example"
    )
    assert is_kept(then, {then.key: then})
    assert not is_kept(more, {then.key: then})
