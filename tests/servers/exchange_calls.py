"""The operations of the Exchange simulator: one function each, as the EWS reference tells them."""

import base64
import binascii
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from tests.servers.exchange_rules import rules_xml
from tests.servers.exchange_store import Denied, Folder, Item, Mailbox
from tests.servers.exchange_xml import (
    ItemError,
    SoapFault,
    find,
    find_all,
    folder_xml,
    grant_of,
    item_xml,
    local_name,
    of_message,
    of_type,
    text_at,
    values_xml,
    wanted_fields,
)


@dataclass
class Caller:
    """Who asks: the mailboxes open to that login, and the one it impersonates.

    `item_fault` gives the error with which the next thing of an operation shall fail, or None.
    """

    mailboxes: dict[str, Mailbox]
    open_to: frozenset[str]
    impersonated: str
    item_fault: Callable[[str], ItemError | None]
    lists: dict[str, list[tuple[str, str]]] = field(default_factory=dict)

    def unless_fault(self, operation: str, one: Callable) -> Callable:
        """`one`, or what fails in its place. Raises: ItemError, when it is called."""
        error = self.item_fault(operation)

        def failing(_thing: object) -> list:
            raise error

        return failing if error else one

    def mailbox(self, address: str) -> Mailbox:
        address = (address or self.impersonated).lower()
        if address not in self.mailboxes:
            raise ItemError("ErrorNonExistentMailbox")
        if address not in self.open_to and address != self.impersonated:
            raise ItemError("ErrorAccessDenied")
        return self.mailboxes[address]

    def folder(self, found) -> tuple[Mailbox, Folder]:
        if local_name(found) == "DistinguishedFolderId":
            mailbox = self.mailbox(text_at(found, "t:Mailbox/t:EmailAddress"))
            try:
                return mailbox, mailbox.default(found.get("Id"))
            except StopIteration as exc:
                raise ItemError("ErrorFolderNotFound") from exc
        for mailbox in self.mailboxes.values():
            if folder := mailbox.folders.get(found.get("Id")):
                _require_right(mailbox, folder)
                return self.mailbox(mailbox.address), folder
        raise ItemError("ErrorItemNotFound")

    def item(self, found) -> tuple[Mailbox, Item]:
        for mailbox in self.mailboxes.values():
            if item := mailbox.items.get(found.get("Id")):
                _require_right(mailbox, item.folder)
                return self.mailbox(mailbox.address), item
        raise ItemError("ErrorItemNotFound")


def _require_right(mailbox: Mailbox, folder: Folder) -> None:
    """Raises: ItemError: the right was taken away."""
    try:
        mailbox.require_right(folder)
    except Denied as exc:
        raise ItemError(str(exc)) from exc


def answer(caller: Caller, request):
    """The response to one request. Raises: SoapFault."""
    operation = local_name(request)
    if operation not in OPERATIONS:
        raise SoapFault("ErrorInvalidRequest")
    return OPERATIONS[operation](caller, request)


def _each(
    caller: Caller,
    operation: str,
    things: Iterable,
    one: Callable,
    *,
    on_error: Callable[[], list] = list,
):
    """One response message for each thing; `on_error` gives what the schema wants even then."""
    messages = of_message("ResponseMessages")
    for thing in things:
        try:
            inside = caller.unless_fault(operation, one)(thing)
        except ItemError as exc:
            message = of_message(
                f"{operation}ResponseMessage",
                of_message("MessageText", exc.code),
                of_message("ResponseCode", exc.code),
                of_message("DescriptiveLinkKey", 0),
                *([of_message("MessageXml", *values_xml(exc))] if exc.values else []),
                *on_error(),
                ResponseClass="Error",
            )
        else:
            message = of_message(
                f"{operation}ResponseMessage",
                of_message("ResponseCode", "NoError"),
                *inside,
                ResponseClass="Success",
            )
        messages.append(message)
    return of_message(f"{operation}Response", messages)


def _no_items() -> list:
    return [of_message("Items")]


def _no_folders() -> list:
    return [of_message("Folders")]


def _get_folder(caller: Caller, request):
    uris, _ = wanted_fields(request, "FolderShape")

    def one(found):
        return [of_message("Folders", folder_xml(caller.folder(found)[1], uris))]

    return _each(caller, "GetFolder", find(request, "m:FolderIds"), one, on_error=_no_folders)


def _find_folder(caller: Caller, request):
    uris, _ = wanted_fields(request, "FolderShape")
    view = find(request, "m:IndexedPageFolderView")
    start, size = int(view.get("Offset")), int(view.get("MaxEntriesReturned"))

    def one(found):
        mailbox, parent = caller.folder(found)
        below = [one for one in mailbox.below(parent) if not one.is_hidden]
        page = below[start : start + size]
        return [
            of_message(
                "RootFolder",
                of_type("Folders", *[folder_xml(folder, uris) for folder in page]),
                IndexedPagingOffset=start + len(page),
                TotalItemsInView=len(below),
                IncludesLastItemInRange=str(start + size >= len(below)).lower(),
            )
        ]

    return _each(caller, "FindFolder", find(request, "m:ParentFolderIds"), one)


def _create_folder(caller: Caller, request):
    def one(found):
        mailbox, parent = caller.folder(find(request, "m:ParentFolderId")[0])
        name = text_at(found, "t:DisplayName")
        if any(child.name.lower() == name.lower() for child in mailbox.children(parent)):
            raise ItemError("ErrorFolderExists")
        return [of_message("Folders", folder_xml(mailbox.create_folder(parent, name), set()))]

    return _each(caller, "CreateFolder", find(request, "m:Folders"), one, on_error=_no_folders)


def _find_item(caller: Caller, request):
    """By search key only."""
    wanted = find(request, "m:Restriction/t:IsEqualTo/t:FieldURIOrConstant/t:Constant").get("Value")

    def one(found):
        mailbox, folder = caller.folder(found)
        key = base64.b64decode(wanted)
        items = [item for item in mailbox.lying_in(folder) if item.search_key == key]
        root = of_message(
            "RootFolder",
            of_type("Items", *[item_xml(item, set()) for item in items]),
            IndexedPagingOffset=len(items),
            TotalItemsInView=len(items),
            IncludesLastItemInRange="true",
        )
        return [root]

    return _each(caller, "FindItem", find(request, "m:ParentFolderIds"), one)


def _update_folder(caller: Caller, request):
    """Permission sets only; each replaces the whole set, as Exchange does it."""

    def one(found):
        _, folder = caller.folder(found[0])
        wanted = find_all(found, "t:Updates/t:SetFolderField/t:Folder/t:PermissionSet")
        if len(wanted) != 1 or folder.hides_grants:
            raise ItemError("ErrorAccessDenied" if folder.hides_grants else "ErrorInvalidRequest")
        grants = [grant_of(one) for one in find(wanted[0], "t:Permissions")]
        if len({grant.who for grant in grants}) != len(grants):
            raise ItemError("ErrorDuplicateUserIdsSpecified")
        folder.grants, folder.unknown_entries = grants, []
        return [of_message("Folders", folder_xml(folder, set()))]

    changes = find(request, "m:FolderChanges")
    return _each(caller, "UpdateFolder", changes, one, on_error=_no_folders)


def _expand_dl(caller: Caller, request):
    """One level of a list: (address, MailboxType) of each member."""

    def one(found):
        address = text_at(found, "t:EmailAddress").lower()
        if address not in caller.lists:
            raise ItemError("ErrorNameResolutionNoResults")
        members = caller.lists[address]
        boxes = [
            of_type(
                "Mailbox",
                of_type("Name", member.partition("@")[0]),
                of_type("EmailAddress", member),
                of_type("RoutingType", "SMTP"),
                of_type("MailboxType", kind),
            )
            for member, kind in members
        ]
        whole = {"TotalItemsInView": len(members), "IncludesLastItemInRange": "true"}
        return [of_message("DLExpansion", *boxes, **whole)]

    return _each(caller, "ExpandDL", [find(request, "m:Mailbox")], one)


def _state_of(mailbox: Mailbox, folder: Folder, text: str) -> int:
    """The position in a sync state; 0 for none. Raises: ItemError: it is not ours (any more)."""
    if not text:
        return 0
    try:
        folder_id, seq, generation = json.loads(base64.b64decode(text))
    except (ValueError, binascii.Error) as exc:
        raise ItemError("ErrorInvalidSyncStateData") from exc
    if (folder_id, generation) != (folder.id, mailbox.generation):
        raise ItemError("ErrorInvalidSyncStateData")
    return int(seq)


def _changes(mailbox: Mailbox, folder: Folder, since: int) -> list[tuple[int, str, object]]:
    found: list[tuple[int, str, object]] = []
    for item in mailbox.lying_in(folder):
        if item.seq > since:
            found.append((item.seq, "Create", item))
        elif item.changed > since:
            kind = "ReadFlagChange" if item.only_read_flag else "Update"
            found.append((item.changed, kind, item))
    found += [
        (tomb.seq, "Delete", tomb.item_id)
        for tomb in mailbox.tombs
        if tomb.folder_id == folder.id and tomb.made <= since < tomb.seq
    ]
    return sorted(found, key=lambda change: change[0])


def _change_xml(kind: str, what, uris: set[str], extended: list):
    if kind == "Delete":
        return of_type(kind, of_type("ItemId", Id=what))
    if kind == "ReadFlagChange":
        item_id = of_type("ItemId", Id=what.id, ChangeKey=what.change_key)
        return of_type(kind, item_id, of_type("IsRead", what.is_read))
    return of_type(kind, item_xml(what, uris - {"item:MimeContent"}, extended))


def _sync_folder_items(caller: Caller, request):
    uris, extended = wanted_fields(request, "ItemShape")
    limit = int(text_at(request, "m:MaxChangesReturned"))

    def one(found):
        mailbox, folder = caller.folder(found)
        changes = _changes(
            mailbox, folder, _state_of(mailbox, folder, text_at(request, "m:SyncState"))
        )
        is_last = len(changes) <= limit
        seq = mailbox.seq if is_last else changes[limit - 1][0]
        token = json.dumps([folder.id, seq, mailbox.generation]).encode()
        page = [_change_xml(kind, what, uris, extended) for _, kind, what in changes[:limit]]
        return [
            of_message("SyncState", token),
            of_message("IncludesLastItemInRange", is_last),
            of_message("Changes", *page),
        ]

    def on_error() -> list:
        return [of_message("SyncState"), of_message("IncludesLastItemInRange", True)]

    return _each(caller, "SyncFolderItems", find(request, "m:SyncFolderId"), one, on_error=on_error)


def _get_item(caller: Caller, request):
    uris, extended = wanted_fields(request, "ItemShape")

    def one(found):
        return [of_message("Items", item_xml(caller.item(found)[1], uris, extended))]

    return _each(caller, "GetItem", find(request, "m:ItemIds"), one, on_error=_no_items)


def _create_item(caller: Caller, request):
    def one(found):
        mailbox, folder = caller.folder(find(request, "m:SavedItemFolderId")[0])
        mime = base64.b64decode(text_at(found, "t:MimeContent"))
        tags = {
            int(find(p, "t:ExtendedFieldURI").get("PropertyTag"), 16): text_at(p, "t:Value")
            for p in find_all(found, "t:ExtendedProperty")
        }
        if 0x0E07 not in tags:
            folder = mailbox.default("drafts")  # what was never sent is a draft for Exchange
        received = datetime.fromisoformat(tags[0x0E06]) if 0x0E06 in tags else None
        item = mailbox.deliver(mime, folder, received)
        item.is_read = text_at(found, "t:IsRead", "true") == "true"
        return [of_message("Items", item_xml(item, set()))]

    return _each(caller, "CreateItem", find(request, "m:Items"), one, on_error=_no_items)


def _move_item(caller: Caller, request):
    def one(found):
        mailbox, item = caller.item(found)
        there, target = caller.folder(find(request, "m:ToFolderId")[0])
        if there is not mailbox:
            raise SoapFault("ErrorInvalidRequest")
        return [of_message("Items", item_xml(mailbox.move(item, target), set()))]

    return _each(caller, "MoveItem", find(request, "m:ItemIds"), one, on_error=_no_items)


def _delete_item(caller: Caller, request):
    def one(found):
        mailbox, item = caller.item(found)
        if request.get("DeleteType") != "HardDelete":
            raise SoapFault("ErrorInvalidRequest")
        mailbox.remove(item)
        return []

    return _each(caller, "DeleteItem", find(request, "m:ItemIds"), one)


def _update_item(caller: Caller, request):
    """Categories only, and only as they were read: NeverOverwrite asks for the change key."""
    if request.get("ConflictResolution") != "NeverOverwrite":
        raise SoapFault("ErrorInvalidRequest")

    def one(found):
        mailbox, item = caller.item(find(found, "t:ItemId"))
        if find(found, "t:ItemId").get("ChangeKey") != item.change_key:
            raise ItemError("ErrorIrresolvableConflict")
        (update,) = find(found, "t:Updates")
        if find(update, "t:FieldURI").get("FieldURI") != "item:Categories":
            raise ItemError("ErrorInvalidPropertySet")
        words = find_all(update, "t:Message/t:Categories/t:String")
        if (local_name(update) == "SetItemField") != bool(words):
            raise ItemError("ErrorInvalidPropertySet")
        item.categories = tuple(word.text for word in words)
        mailbox.touch(item)
        none = of_message("ConflictResults", of_type("Count", 0))
        return [of_message("Items", item_xml(item, set())), none]

    changes = find(request, "m:ItemChanges")
    return _each(caller, "UpdateItem", changes, one, on_error=_no_items)


def _get_inbox_rules(caller: Caller, request):
    """No list of messages here: the response is the message. Source: MS-OXWSRULES 3.1.4.1.2."""

    def rules(address: str) -> list:
        return rules_xml(caller.mailbox(address).rules)

    address = text_at(request, "m:MailboxSmtpAddress")
    try:
        inside = caller.unless_fault("GetInboxRules", rules)(address)
    except ItemError as exc:
        return of_message(
            "GetInboxRulesResponse",
            of_message("MessageText", exc.code),
            of_message("ResponseCode", exc.code),
            of_message("DescriptiveLinkKey", 0),
            *([of_message("MessageXml", *values_xml(exc))] if exc.values else []),
            ResponseClass="Error",
        )
    return of_message(
        "GetInboxRulesResponse",
        of_message("ResponseCode", "NoError"),
        *inside,
        ResponseClass="Success",
    )


OPERATIONS: dict[str, Callable] = {
    "GetInboxRules": _get_inbox_rules,
    "GetFolder": _get_folder,
    "FindFolder": _find_folder,
    "CreateFolder": _create_folder,
    "SyncFolderItems": _sync_folder_items,
    "GetItem": _get_item,
    "CreateItem": _create_item,
    "MoveItem": _move_item,
    "DeleteItem": _delete_item,
    "UpdateItem": _update_item,
    "FindItem": _find_item,
    "UpdateFolder": _update_folder,
    "ExpandDL": _expand_dl,
}
