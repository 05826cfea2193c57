"""What a foreign client asks of the Exchange simulator beside what our driver does.

DavMail reads folders and messages by many fields and MAPI properties, searches with restrictions
and orders, marks mail as read, copies and deletes. Put into `ExchangeServer.foreign`.
Source: EWS reference; MS-OXPROPS; what DavMail 6.0.1 sends (seen 2026-11-26).
"""

import base64
import copy
import email
import email.policy
from collections.abc import Callable
from datetime import UTC, datetime

from tests.servers.exchange_calls import Caller, _each
from tests.servers.exchange_store import Folder, Item, Mailbox, change_key
from tests.servers.exchange_xml import (
    ItemError,
    find,
    find_all,
    local_name,
    of_message,
    of_type,
    text_at,
)

_ITEM_ORDER = (
    "MimeContent",
    "ItemId",
    "ItemClass",
    "Subject",
    "DateTimeReceived",
    "Size",
    "Categories",
    "DisplayCc",
    "DisplayTo",
    "ExtendedProperty",
    "IsRead",
)
_FOLDER_ORDER = (
    "FolderId",
    "ParentFolderId",
    "FolderClass",
    "DisplayName",
    "TotalCount",
    "ChildFolderCount",
    "ExtendedProperty",
    "UnreadCount",
)
_READ, _UNSENT = 1, 8
"""Bits of PR_MESSAGE_FLAGS. Source: MS-OXCMSG 2.2.1.6."""


_MORE_FOLDERS = {
    "contacts": ("Kontakte", "IPF.Contact"),
    "tasks": ("Aufgaben", "IPF.Task"),
    "outbox": ("Postausgang", "IPF.Note"),
}
_TAGS = {
    "IPF.Appointment": "CalendarFolder",
    "IPF.Contact": "ContactsFolder",
    "IPF.Task": "TasksFolder",
}


def furnish(mailbox: Mailbox) -> None:
    """Folders that every real mailbox has, and that only a foreign client asks for."""
    for name, (label, folder_class) in _MORE_FOLDERS.items():
        folder = Folder(label, mailbox.top, folder_class, name)
        mailbox.folders[folder.id] = folder


def _header(item: Item, name: str) -> str:
    head = email.message_from_bytes(item.mime, policy=email.policy.default)
    return str(head[name] or "")


def _flags(item: Item) -> int:
    return (_READ if item.is_read else 0) | (
        _UNSENT if item.folder.distinguished == "drafts" else 0
    )


_OF_ITEM: dict[tuple[str, str], Callable[[Item], object]] = {
    ("0x300b", "Binary"): lambda item: item.search_key,
    ("0xe08", "Integer"): lambda item: len(item.mime),
    ("0xe23", "Integer"): lambda item: item.seq,
    ("0xe07", "Integer"): _flags,
    ("0x7d", "String"): lambda item: item.mime.split(b"\r\n\r\n")[0].decode("latin-1"),
    ("0xe06", "SystemTime"): lambda item: item.received,
    ("0x3008", "SystemTime"): lambda item: item.received,
    ("0x39", "SystemTime"): lambda item: item.received,
    ("0x1035", "String"): lambda item: _header(item, "Message-ID") or None,
    ("0x10f4", "Boolean"): lambda _item: False,
    ("Keywords", "StringArray"): lambda item: list(item.categories) or None,
    ("0x1090", "Integer"): lambda item: 2 if item.is_flagged else None,
}
_OF_FOLDER: dict[tuple[str, str], Callable[[Folder, list[Item], bool], object]] = {
    ("0x670a", "SystemTime"): lambda *_: datetime.now(tz=UTC),
    ("0x3008", "SystemTime"): lambda *_: datetime.now(tz=UTC),
    ("0x3601", "Integer"): lambda *_: 1,
    ("0x360a", "Boolean"): lambda _folder, _items, has_children: has_children,
    ("0x3602", "Integer"): lambda _folder, items, _: len(items),
    ("0x3603", "Integer"): lambda _folder, items, _: sum(not item.is_read for item in items),
    ("0x6751", "Integer"): lambda _folder, items, _: max([i.seq for i in items], default=0) + 1,
}


def _property(uri) -> tuple[str, str]:
    tag = uri.get("PropertyTag")
    name = hex(int(tag, 16)) if tag else str(uri.get("PropertyName") or uri.get("PropertyId"))
    return name, uri.get("PropertyType")


def _shape(request, tag: str) -> tuple[set[str], list]:
    shape = find(request, f"m:{tag}")
    uris = {one.get("FieldURI") for one in find_all(shape, "t:AdditionalProperties/t:FieldURI")}
    if text_at(shape, "t:BaseShape") == "AllProperties":
        uris |= {"item:Subject", "item:DateTimeReceived", "item:Size", "message:IsRead"}
    if text_at(shape, "t:IncludeMimeContent") == "true":
        uris.add("item:MimeContent")
    return uris, find_all(shape, "t:AdditionalProperties/t:ExtendedFieldURI")


def _property_of(item: Item, uri) -> object:
    get = _OF_ITEM.get(_property(uri))
    return get(item) if get else item.other.get(_property(uri)[0])


def _extended(uri, value: object):
    inside = (
        of_type("Values", *[of_type("Value", one) for one in value])
        if isinstance(value, list)
        else of_type("Value", value)
    )
    return of_type("ExtendedProperty", copy.deepcopy(uri), inside)


def _folder_xml(caller: Caller, folder: Folder, uris: set[str], extended: list):
    mailbox = next(box for box in caller.mailboxes.values() if folder.id in box.folders)
    items, children = mailbox.lying_in(folder), mailbox.children(folder)
    parts = [of_type("FolderId", Id=folder.id, ChangeKey=folder.change_key)]
    known = {
        "folder:ParentFolderId": lambda: (
            of_type("ParentFolderId", Id=folder.parent.id, ChangeKey=folder.parent.change_key)
            if folder.parent
            else None
        ),
        "folder:FolderClass": lambda: of_type("FolderClass", folder.folder_class or "IPF.Note"),
        "folder:DisplayName": lambda: of_type("DisplayName", folder.name),
        "folder:TotalCount": lambda: of_type("TotalCount", len(items)),
        "folder:ChildFolderCount": lambda: of_type("ChildFolderCount", len(children)),
        "folder:UnreadCount": lambda: of_type("UnreadCount", sum(not i.is_read for i in items)),
    }
    parts += [made for uri in uris if uri in known and (made := known[uri]()) is not None]
    for uri in extended:
        if (get := _OF_FOLDER.get(_property(uri))) is not None:
            parts.append(_extended(uri, get(folder, items, bool(children))))
    parts.sort(key=lambda part: _FOLDER_ORDER.index(local_name(part)))
    return of_type(_TAGS.get(folder.folder_class, "Folder"), *parts)


def _item_xml(item: Item, uris: set[str], extended: list):
    known = {
        "item:MimeContent": lambda: of_type("MimeContent", item.mime, CharacterSet="UTF-8"),
        "item:ItemClass": lambda: of_type("ItemClass", "IPM.Note"),
        "item:Subject": lambda: of_type("Subject", _header(item, "Subject")),
        "item:DateTimeReceived": lambda: of_type("DateTimeReceived", item.received),
        "item:Size": lambda: of_type("Size", len(item.mime)),
        "item:DisplayTo": lambda: of_type("DisplayTo", _header(item, "To")),
        "item:DisplayCc": lambda: of_type("DisplayCc", _header(item, "Cc")),
        "item:Categories": lambda: (
            of_type("Categories", *[of_type("String", one) for one in item.categories])
            if item.categories
            else None
        ),
        "message:IsRead": lambda: of_type("IsRead", item.is_read),
    }
    parts = [of_type("ItemId", Id=item.id, ChangeKey=item.change_key)]
    parts += [made for uri in uris if uri in known and (made := known[uri]()) is not None]
    for uri in extended:
        if (value := _property_of(item, uri)) is not None:
            parts.append(_extended(uri, value))
    parts.sort(key=lambda part: _ITEM_ORDER.index(local_name(part)))
    return of_type("Message", *parts)


def _value(thing, uri) -> str | None:
    """A property as text, for restrictions and orders."""
    if isinstance(thing, Item):
        if local_name(uri) == "ExtendedFieldURI":
            found = _property_of(thing, uri)
        else:
            made = _item_xml(thing, {uri.get("FieldURI")}, [])
            found = made[-1].text if len(made) > 1 else None
    else:
        named = {"folder:DisplayName": thing.name, "folder:FolderClass": thing.folder_class}
        found = named.get(uri.get("FieldURI"), "")
        if local_name(uri) == "ExtendedFieldURI":
            found = {"0x3601": 1}.get(_property(uri)[0])
    if found is None:
        return None
    if isinstance(found, bytes):
        return base64.b64encode(found).decode()
    if isinstance(found, datetime):
        return f"{found:%Y-%m-%dT%H:%M:%SZ}"
    return str(found).lower()


def _matches(thing, restriction) -> bool:
    kind, inside = local_name(restriction), list(restriction)
    if kind in {"And", "Or"}:
        return (all if kind == "And" else any)(_matches(thing, one) for one in inside)
    if kind == "Not":
        return not _matches(thing, inside[0])
    value = _value(thing, inside[0])
    if kind == "Exists":
        return value is not None
    if kind == "Contains":
        wanted = find(restriction, "t:Constant").get("Value").lower()
        is_prefix = restriction.get("ContainmentMode") == "Prefixed"
        return (value or "").startswith(wanted) if is_prefix else wanted in (value or "")
    wanted = find(restriction, "t:FieldURIOrConstant/t:Constant").get("Value").lower()
    if value is not None and value.isdigit() and wanted.isdigit():
        one, other = int(value), int(wanted)
    else:
        one, other = value or "", wanted
    return {
        "IsEqualTo": one == other,
        "IsNotEqualTo": one != other,
        "IsGreaterThan": one > other,
        "IsGreaterThanOrEqualTo": one >= other,
        "IsLessThan": one < other,
        "IsLessThanOrEqualTo": one <= other,
    }[kind]


def _filtered(found: list, request) -> list:
    restriction = find(request, "m:Restriction")
    return found if restriction is None else [x for x in found if _matches(x, restriction[0])]


def _page(found: list, view) -> tuple[list, dict[str, object]]:
    start = int(view.get("Offset", "0")) if view is not None else 0
    size = int(view.get("MaxEntriesReturned", "1000")) if view is not None else len(found)
    page = found[start : start + size]
    return page, {
        "IndexedPagingOffset": start + len(page),
        "TotalItemsInView": len(found),
        "IncludesLastItemInRange": str(start + size >= len(found)).lower(),
    }


def _get_folder(caller: Caller, request):
    uris, extended = _shape(request, "FolderShape")

    def one(found) -> list:
        folder = caller.folder(found)[1]
        return [of_message("Folders", _folder_xml(caller, folder, uris, extended))]

    empty = [of_message("Folders")]
    things = find(request, "m:FolderIds")
    return _each(caller, "GetFolder", things, one, on_error=lambda: copy.deepcopy(empty))


def _find_folder(caller: Caller, request):
    uris, extended = _shape(request, "FolderShape")

    def one(found) -> list:
        mailbox, parent = caller.folder(found)
        is_deep = request.get("Traversal") == "Deep"
        there = mailbox.below(parent) if is_deep else mailbox.children(parent)
        page, told = _page(_filtered(there, request), find(request, "m:IndexedPageFolderView"))
        folders = [_folder_xml(caller, folder, uris, extended) for folder in page]
        return [of_message("RootFolder", of_type("Folders", *folders), **told)]

    return _each(caller, "FindFolder", find(request, "m:ParentFolderIds"), one)


def _find_item(caller: Caller, request):
    uris, extended = _shape(request, "ItemShape")
    order = find(request, "m:SortOrder")

    def one(found) -> list:
        mailbox, folder = caller.folder(found)
        there = [] if request.get("Traversal") == "Associated" else mailbox.lying_in(folder)
        there = _filtered(there, request)
        for by in reversed([] if order is None else list(order)):
            is_falling = by.get("Order") == "Descending"
            there.sort(key=lambda item: (_value(item, by[0]) or "").zfill(12), reverse=is_falling)
        page, told = _page(there, find(request, "m:IndexedPageItemView"))
        items = [_item_xml(item, uris - {"item:MimeContent"}, extended) for item in page]
        return [of_message("RootFolder", of_type("Items", *items), **told)]

    return _each(caller, "FindItem", find(request, "m:ParentFolderIds"), one)


def _get_item(caller: Caller, request):
    uris, extended = _shape(request, "ItemShape")

    def one(found) -> list:
        return [of_message("Items", _item_xml(caller.item(found)[1], uris, extended))]

    return _each(caller, "GetItem", find(request, "m:ItemIds"), one, on_error=_no_items)


def _no_items() -> list:
    return [of_message("Items")]


def _update_item(caller: Caller, request):
    """Read, flagged and categories; by field or by MAPI property."""

    def one(found) -> list:
        mailbox, item = caller.item(find(found, "t:ItemId"))
        for update in find(found, "t:Updates"):
            _set(item, update)
        item.change_key = change_key()
        mailbox.touch(item)
        none = of_message("ConflictResults", of_type("Count", 0))
        return [of_message("Items", _item_xml(item, set(), [])), none]

    changes = find(request, "m:ItemChanges")
    return _each(caller, "UpdateItem", changes, one, on_error=_no_items)


def _set(item: Item, update) -> None:
    uri = update[0]
    what = uri.get("FieldURI") or _property(uri)[0]
    if what == "message:IsRead":
        item.is_read = text_at(update, "t:Message/t:IsRead") == "true"
    elif what in {"item:Categories", "Keywords"}:
        words = (
            update.iterfind(".//{*}String")
            if what != "Keywords"
            else update.iterfind(".//{*}Values/{*}Value")
        )
        item.categories = tuple(word.text for word in words)
    elif what == "0x1090":
        item.is_flagged = update.findtext(".//{*}Value") == "2"
    elif local_name(uri) == "ExtendedFieldURI":
        item.other[what] = update.findtext(".//{*}Value") or ""
    else:
        raise ItemError("ErrorInvalidPropertySet")


def _copy_item(caller: Caller, request):
    def one(found) -> list:
        mailbox, item = caller.item(found)
        target = caller.folder(find(request, "m:ToFolderId")[0])[1]
        return [of_message("Items", _item_xml(mailbox.copy(item, target), set(), []))]

    return _each(caller, "CopyItem", find(request, "m:ItemIds"), one, on_error=_no_items)


def _delete_item(caller: Caller, request):
    def one(found) -> list:
        mailbox, item = caller.item(found)
        if request.get("DeleteType") == "MoveToDeletedItems":
            mailbox.move(item, mailbox.default("deleteditems"))
        else:
            mailbox.remove(item)
        return []

    return _each(caller, "DeleteItem", find(request, "m:ItemIds"), one)


def _convert_id(caller: Caller, request):
    """The login's own address, for a client that asks whose mailbox it is in."""

    def one(found) -> list:
        made = of_message(
            "AlternateId", Format="EwsId", Id=found.get("Id"), Mailbox=caller.impersonated
        )
        made.set("{http://www.w3.org/2001/XMLSchema-instance}type", "t:AlternateIdType")
        return [made]

    return _each(caller, "ConvertId", find(request, "m:SourceIds"), one)


OPERATIONS: dict[str, Callable] = {
    "ConvertId": _convert_id,
    "GetFolder": _get_folder,
    "FindFolder": _find_folder,
    "FindItem": _find_item,
    "GetItem": _get_item,
    "UpdateItem": _update_item,
    "CopyItem": _copy_item,
    "DeleteItem": _delete_item,
}
