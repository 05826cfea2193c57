"""Answers that are no SOAP, too long, in another encoding or order, or fewer than asked."""

import base64
import gzip
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

import pytest

from ingest.exchange.postbox import EPOCH, ExchangePostbox
from ingest.exchange.rights import ExchangeRights
from rules.errors import TryLater
from rules.postbox import Fetched, Place
from rules.rights.folder_acl import account
from tests.ingest.conftest import ExchangeCase
from tests.memory import most_bytes
from tests.servers.exchange import Fault
from tests.servers.exchange_calls import OPERATIONS
from tests.servers.exchange_store import Grant
from tests.servers.exchange_xml import envelope, find, of_message, of_type

MAIL = b"Message-ID: <1@post.example>\r\n\r\nDie ganze Mail\r\n"
CODED = base64.b64encode(MAIL)
XML = {"Content-Type": "text/xml; charset=utf-8"}


def read(box: ExchangePostbox, folder: str = "INBOX") -> list[bytes]:
    view = box.view(folder)
    return [m.data for m in box.fetch(folder, EPOCH, view.uids) if isinstance(m, Fetched)]


def told(call: Callable[[], object]) -> str:
    with pytest.raises(TryLater) as caught:
        call()
    return caught.value.code


def answer_to_get_item(case: ExchangeCase) -> bytes:
    """As the simulator gives the one mail, with a search key."""
    (item,) = case.mailbox.items.values()
    uri = of_type("ExtendedFieldURI", PropertyTag="0x300B", PropertyType="Binary")
    key = of_type("ExtendedProperty", uri, of_type("Value", item.search_key))
    mime = of_type("MimeContent", item.mime, CharacterSet="UTF-8")
    message = of_type("Message", mime, of_type("ItemId", Id=item.id, ChangeKey="x"), key)
    part = of_message(
        "GetItemResponseMessage",
        of_message("ResponseCode", "NoError"),
        of_message("Items", message),
        ResponseClass="Success",
    )
    return envelope(of_message("GetItemResponse", of_message("ResponseMessages", part)))


DOCTYPE = b"<!DOCTYPE x [<!ENTITY x 'eA=='>]>"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda page: page.replace(CODED, CODED[:8] + b"&x;" + CODED[8:]),
        lambda page: page.replace(b"?>", b"?>" + DOCTYPE, 1).replace(CODED, CODED[:8] + b"&x;"),
        lambda page: page.replace(b"?>", b"?>" + DOCTYPE, 1),
        lambda page: page.replace(CODED, CODED[:8] + b"<t:x/>" + CODED[8:]),
        lambda page: page.decode().encode("utf-16"),
        lambda page: page.decode().encode("utf-16-be"),
    ],
    ids=["undeclared", "entity", "document type", "element", "UTF-16", "UTF-16 without mark"],
)
def test_no_mail_is_kept_shorter_than_it_is(exchange_case, spoil):
    """Text behind an entity is lost to the parser, and the rest of base64 may be good base64."""
    exchange_case.deliver(MAIL)
    whole = answer_to_get_item(exchange_case)
    spoilt = spoil(whole)
    assert spoilt != whole
    fault = Fault("http", "GetItem", status=200, times=2, page=spoilt, headers=XML)
    exchange_case.mailbox.faults.append(fault)
    uids = exchange_case.box.view("INBOX").uids
    found: list[object] = []
    with suppress(TryLater):
        found += exchange_case.box.fetch("INBOX", EPOCH, uids)
    assert not [one for one in found if isinstance(one, Fetched)]
    exchange_case.mailbox.faults.clear()
    assert read(exchange_case.box) == [MAIL]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda page: re.sub(rb"<t:Message>.*</t:Message>", b"", page),
        lambda page: re.sub(rb"(<t:Message>.*</t:Message>)", rb"\1\1", page),
        lambda page: page.replace(b'"Success"', b'"Strange"'),
    ],
    ids=["no item", "two items", "no class"],
)
def test_an_answer_that_is_no_mail_stops_no_pass(exchange_case, spoil):
    exchange_case.deliver(MAIL)
    page = spoil(answer_to_get_item(exchange_case))
    fault = Fault("http", "GetItem", status=200, times=2, page=page, headers=XML)
    exchange_case.mailbox.faults.append(fault)
    view = exchange_case.box.view("INBOX")
    (found,) = exchange_case.box.fetch("INBOX", EPOCH, view.uids)
    assert found.kept == MAIL.partition(b"Die")[0], "its head stands for it"
    assert read(exchange_case.box) == [MAIL]


def test_an_answer_in_latin_1_that_says_so_is_read(exchange_case):
    with exchange_case.server.lock:
        folder = exchange_case.mailbox.folder("Köln")
    found = of_type(
        "Folder",
        of_type("FolderId", Id=folder.id),
        of_type("ParentFolderId", Id=exchange_case.mailbox.inbox.id),
        of_type("FolderClass", "IPF.Note"),
        of_type("DisplayName", "Köln"),
    )
    root = of_message("RootFolder", of_type("Folders", found), IncludesLastItemInRange="true")
    part = of_message(
        "FindFolderResponseMessage",
        of_message("ResponseCode", "NoError"),
        root,
        ResponseClass="Success",
    )
    whole = envelope(of_message("FindFolderResponse", of_message("ResponseMessages", part)))
    page = whole.decode().replace("utf-8", "iso-8859-1", 1).encode("latin-1")
    fault = Fault("http", "FindFolder", status=200, page=page, headers={"Content-Type": "text/xml"})
    exchange_case.mailbox.faults.append(fault)
    assert exchange_case.box.folders() == ("INBOX", "Köln")


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("kind", ["text/xml", "text/html"])
def test_a_reply_without_end_is_not_read_to_its_end(exchange_case, packed, kind):
    box = ExchangePostbox("nord", replace(exchange_case.account, longest_reply_bytes=100_000))
    exchange_case.boxes.append(box)
    page = b"<a>" + b" " * 30_000_000
    headers = {"Content-Type": kind}
    if packed:
        page, headers = gzip.compress(page, 1), headers | {"Content-Encoding": "gzip"}
    exchange_case.mailbox.faults.append(
        Fault("http", "FindFolder", status=200, times=2, page=page, headers=headers)
    )
    codes = []
    most = most_bytes(lambda: codes.append(told(box.folders)), times=1)
    assert codes == ["postbox.answer_unclear"]
    assert most < 10_000_000
    assert box.folders() == ("INBOX",)


def turned(operation: str, *, leave_out: int = 0) -> Callable:
    """The answers of that operation in the other order, without some."""

    def work(caller, request):
        reply = OPERATIONS[operation](caller, request)
        messages = find(reply, "m:ResponseMessages")
        messages[:] = list(reversed(messages))[leave_out:]
        return reply

    return work


@pytest.mark.parametrize("leave_out", [0, 1, 3])
def test_mails_come_in_any_order_and_where_one_is_missing(exchange_case, monkeypatch, leave_out):
    mails = [MAIL + str(number).encode() for number in range(5)]
    exchange_case.deliver(*mails)
    with exchange_case.server.lock:  # a copy has the same search key, which tells nothing then
        (first, *_) = exchange_case.mailbox.items.values()
        copy = exchange_case.mailbox.copy(first, exchange_case.mailbox.inbox)
        copy.mime = b"X-Changed: yes\r\n" + copy.mime
    in_turn = turned("GetItem", leave_out=leave_out)

    def only_of_several(caller, request):
        several = len(find(request, "m:ItemIds")) > 1
        return (in_turn if several else OPERATIONS["GetItem"])(caller, request)

    monkeypatch.setitem(exchange_case.server.foreign, "GetItem", only_of_several)
    assert read(exchange_case.box) == [*mails, copy.mime]


def test_after_a_restart_the_original_has_the_key_and_its_copy_the_ending(
    exchange_case, monkeypatch
):
    """Else a wish for the one would move the other, which may have been changed since."""
    exchange_case.deliver(MAIL)
    with exchange_case.server.lock:
        (item,) = exchange_case.mailbox.items.values()
        copy = exchange_case.mailbox.copy(item, exchange_case.mailbox.inbox)
        copy.mime = b"X-Changed: yes\r\n" + copy.mime

    def newest_first(caller, request):
        reply = OPERATIONS["SyncFolderItems"](caller, request)
        changes = reply.find(".//{*}Changes")
        changes[:] = list(reversed(changes))
        return reply

    names = []
    for _ in range(2):
        box = exchange_case.other_box(10**6)
        view = box.view("INBOX")
        names.append({m.place.uid: m.data for m in box.fetch("INBOX", EPOCH, view.uids)})
        monkeypatch.setitem(exchange_case.server.foreign, "SyncFolderItems", newest_first)
    assert names[0] == names[1]
    assert names[0][item.search_key.hex()] == MAIL


def test_permissions_are_those_of_the_folder_that_was_asked_for(exchange_case, monkeypatch):
    with exchange_case.server.lock:
        for name in ("A", "B", "C"):
            folder = exchange_case.mailbox.folder(name)
            folder.grants = [Grant.of(f"{name}@dienst.example".lower(), "Owner")]
    monkeypatch.setitem(exchange_case.server.foreign, "GetFolder", turned("GetFolder"))
    rights = ExchangeRights("nord", exchange_case.account)
    acls = rights.read(("A", "B", "C"))
    rights.close()
    assert [(acl.folder, acl.entries[0].principal) for acl in acls] == [
        (name, account(f"{name}@dienst.example")) for name in ("A", "B", "C")
    ]


def test_moves_that_are_answered_in_another_order_are_proven_by_their_key(
    exchange_case, monkeypatch
):
    exchange_case.box.ensure_folder("Ablage")
    exchange_case.deliver(*(MAIL + str(number).encode() for number in range(3)))
    view = exchange_case.box.view("INBOX")
    places = tuple(Place("INBOX", EPOCH, uid) for uid in view.uids)
    monkeypatch.setitem(exchange_case.server.foreign, "MoveItem", turned("MoveItem"))
    moved = exchange_case.box.move_many(places, "Ablage")
    assert all(there.uid == place.uid for place, there in moved.items())
    assert exchange_case.box.view("INBOX").uids == ()
    assert sorted(exchange_case.box.view("Ablage").uids) == sorted(view.uids)
