"""The EWS operations that the drivers need, and what their answers say.

Each answer is checked to have one part for each thing asked. Errors are those of exchangelib;
whoever calls translates them (`ingest.exchange.errors`).
Source: EWS reference (operations); own decision 0034.
"""

import base64
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from exchangelib import Account
from exchangelib.errors import ErrorItemNotFound
from exchangelib.util import create_element

from ingest.exchange.service import Unread, ask, ask_one, ask_unread
from ingest.exchange.xml import (
    DELIVERED,
    FLAGS,
    HEADERS,
    MESSAGES,
    SEARCH_KEY,
    TYPES,
    Changes,
    FolderFact,
    Mime,
    categories_of,
    element,
    extended_field,
    folder_fact,
    folder_ref,
    id_of,
    item_ids,
    item_of,
    matched,
    mime_of,
    new_id,
    only_item,
    property_text,
    shape,
    text_element,
)

CHANGES_AT_ONCE = 512
"""The most that SyncFolderItems gives. Source: EWS reference, MaxChangesReturned (1 to 512)."""

_FOLDERS_AT_ONCE = 1000
_OF_EACH = ("item:DateTimeReceived", "item:Size", "item:Categories", "item:DateTimeCreated")


def default_folder(account: Account, name: str) -> str:
    """Id of a folder that every mailbox has ("inbox", "msgfolderroot")."""
    payload = element("m:GetFolder", shape("m:FolderShape"))
    folder = create_element("t:DistinguishedFolderId", attrs={"Id": name})
    folder.append(
        element("t:Mailbox", text_element("t:EmailAddress", account.primary_smtp_address))
    )
    payload.append(element("m:FolderIds", folder))
    return id_of(ask_one(account, payload), "FolderId")


def folders_below(account: Account, folder_id: str) -> tuple[FolderFact, ...]:
    """All folders below one, at any depth; parents may come after their children."""
    fields = ("ParentFolderId", "FolderClass", "DisplayName", "DistinguishedFolderId")
    found: list[FolderFact] = []
    while True:
        payload = create_element("m:FindFolder", attrs={"Traversal": "Deep"})
        payload.append(shape("m:FolderShape", *(f"folder:{name}" for name in fields)))
        view = {"MaxEntriesReturned": str(_FOLDERS_AT_ONCE), "Offset": str(len(found))}
        payload.append(
            create_element("m:IndexedPageFolderView", attrs={**view, "BasePoint": "Beginning"})
        )
        payload.append(element("m:ParentFolderIds", folder_ref(folder_id)))
        root = ask_one(account, payload).find(f"{MESSAGES}RootFolder")
        page = [folder_fact(folder) for folder in root.find(f"{TYPES}Folders")]
        found += page
        if root.get("IncludesLastItemInRange") == "true" or not page:
            return tuple(found)


def create_folder(account: Account, parent_id: str, *, name: str) -> None:
    """Make a folder for mail. Raises: ErrorFolderExists: in any case of letters."""
    payload = element("m:CreateFolder", element("m:ParentFolderId", folder_ref(parent_id)))
    folder = element(
        "t:Folder", text_element("t:FolderClass", "IPF.Note"), text_element("t:DisplayName", name)
    )
    payload.append(element("m:Folders", folder))
    ask_one(account, payload)


def changes(account: Account, folder_id: str, *, state: str) -> Changes:
    """One page of changes since `state`; all that lies there for an empty one.

    Raises: ErrorInvalidSyncStateData: the server forgot that state.
    """
    payload = element(
        "m:SyncFolderItems",
        shape("m:ItemShape", *_OF_EACH, extended=(SEARCH_KEY,)),
        element("m:SyncFolderId", folder_ref(folder_id)),
    )
    if state:
        payload.append(text_element("m:SyncState", state))
    payload.append(text_element("m:MaxChangesReturned", str(CHANGES_AT_ONCE)))
    payload.append(text_element("m:SyncScope", "NormalItems"))
    answer = ask_one(account, payload)
    parts = answer.find(f"{MESSAGES}Changes")
    kinds = {f"{TYPES}Create", f"{TYPES}Update"}
    return Changes(
        answer.find(f"{MESSAGES}SyncState").text,
        answer.find(f"{MESSAGES}IncludesLastItemInRange").text == "true",
        tuple(item_of(change[0]) for change in parts if change.tag in kinds),
        tuple(id_of(change, "ItemId") for change in parts if change.tag == f"{TYPES}Delete"),
    )


def find_by_key(account: Account, folder_id: str, *, key: str) -> list[str]:
    """Ids of the items of a folder with that search key (hexadecimal), a hundred at most."""
    payload = create_element("m:FindItem", attrs={"Traversal": "Shallow"})
    payload.append(shape("m:ItemShape"))
    view = {"MaxEntriesReturned": "100", "Offset": "0", "BasePoint": "Beginning"}
    payload.append(create_element("m:IndexedPageItemView", attrs=view))
    value = base64.b64encode(bytes.fromhex(key)).decode("ascii")
    constant = element("t:FieldURIOrConstant", create_element("t:Constant", attrs={"Value": value}))
    equal = element("t:IsEqualTo", extended_field(SEARCH_KEY), constant)
    payload.append(element("m:Restriction", equal))
    payload.append(element("m:ParentFolderIds", folder_ref(folder_id)))
    found = ask_one(account, payload).iterfind(f".//{TYPES}ItemId")
    return [str(one.get("Id")) for one in found]


def permission_sets(account: Account, ids: Sequence[str]) -> list[Any]:
    """What each folder says of its permissions, in the order asked, or what is wrong with it.

    PermissionSet comes by GetFolder only, and only where it is named.
    """
    payload = element("m:GetFolder", shape("m:FolderShape", "folder:PermissionSet"))
    payload.append(element("m:FolderIds", *(folder_ref(one) for one in ids)))
    return matched(ids, ask(account, payload, parts=len(ids)), "FolderId")


def replace_permissions(account: Account, folder_id: str, *, permissions: Any) -> None:  # noqa: ANN401
    """Put this whole permission set in the place of the one that is there."""
    folder = element("t:Folder", element("t:PermissionSet", permissions))
    uri = create_element("t:FieldURI", attrs={"FieldURI": "folder:PermissionSet"})
    updates = element("t:Updates", element("t:SetFolderField", uri, folder))
    change = element("t:FolderChange", folder_ref(folder_id), updates)
    ask_one(account, element("m:UpdateFolder", element("m:FolderChanges", change)))


def list_members(account: Account, address: str) -> Any:  # noqa: ANN401
    """Who stands on a distribution list itself. Raises: ErrorNameResolutionNoResults: no list."""
    mailbox = element("m:Mailbox", text_element("t:EmailAddress", address))
    return ask_one(account, element("m:ExpandDL", mailbox))


def mimes(account: Account, ids: Sequence[str]) -> list[Mime | Exception]:
    """The MIME of each, in the order asked, or what is wrong with that one.

    A MIME that is missing or no base64 is a MalformedResponseError.
    """
    answers = matched(ids, mimes_unread(account, ids).read(), "ItemId")
    return [mime_of(answer) for answer in answers]


def mimes_unread(account: Account, ids: Sequence[str]) -> Unread:
    """The same, as it came; `mime_of` decodes each message of it when its turn comes."""
    how = element("m:ItemShape", text_element("t:BaseShape", "IdOnly"))
    how.append(text_element("t:IncludeMimeContent", "true"))
    how.append(element("t:AdditionalProperties", extended_field(SEARCH_KEY)))
    payload = element("m:GetItem", how, item_ids(ids))
    return ask_unread(account, payload)


def headers(account: Account, item_id: str) -> str:
    """The headers as they came by mail; empty where the server has none."""
    payload = element("m:GetItem", shape("m:ItemShape", extended=(HEADERS,)), item_ids((item_id,)))
    return property_text(only_item(ask_one(account, payload)))


def move(account: Account, ids: Sequence[str], *, target_id: str) -> list[str | Exception]:
    """Move each; its new id, or what was wrong. Empty where the server gave no new id."""
    payload = element("m:MoveItem", element("m:ToFolderId", folder_ref(target_id)))
    payload.append(item_ids(ids))
    return [
        answer if isinstance(answer, Exception) else new_id(answer)
        for answer in ask(account, payload, parts=len(ids))
    ]


def delete(account: Account, item_id: str) -> bool:
    """Remove for good, past the deleted items, without a receipt; False if it is gone."""
    how = {
        "DeleteType": "HardDelete",
        "SendMeetingCancellations": "SendToNone",
        "AffectedTaskOccurrences": "AllOccurrences",
        "SuppressReadReceipts": "true",
    }
    payload = create_element("m:DeleteItem", attrs=how)
    payload.append(item_ids((item_id,)))
    try:
        ask_one(account, payload)
    except ErrorItemNotFound:
        return False
    return True


def categories(account: Account, item_id: str) -> tuple[str, tuple[str, ...]]:
    """Change key and categories of one item now. Raises: ErrorItemNotFound."""
    payload = element("m:GetItem", shape("m:ItemShape", "item:Categories"), item_ids((item_id,)))
    item = only_item(ask_one(account, payload))
    return str(item.find(f"{TYPES}ItemId").get("ChangeKey")), categories_of(item)


def replace_categories(
    account: Account, item_id: str, *, change_key: str, names: Sequence[str]
) -> None:
    """Give one item these categories, if nobody has changed it since it had that change key.

    Raises: ErrorIrresolvableConflict: somebody has. ErrorItemNotFound.
    Source: EWS reference (UpdateItem, NeverOverwrite); own decision 0047.
    """
    uri = create_element("t:FieldURI", attrs={"FieldURI": "item:Categories"})
    if names:
        words = element("t:Categories", *(text_element("t:String", name) for name in names))
        update = element("t:SetItemField", uri, element("t:Message", words))
    else:
        update = element("t:DeleteItemField", uri)
    which = create_element("t:ItemId", attrs={"Id": item_id, "ChangeKey": change_key})
    change = element("t:ItemChange", which, element("t:Updates", update))
    how = {"ConflictResolution": "NeverOverwrite", "MessageDisposition": "SaveOnly"}
    payload = create_element("m:UpdateItem", attrs=how)
    payload.append(element("m:ItemChanges", change))
    ask_one(account, payload)


def create(account: Account, folder_id: str, *, mime: bytes, received_at: datetime | None) -> str:
    """Put in an unread message that is no draft; its id."""
    payload = create_element("m:CreateItem", attrs={"MessageDisposition": "SaveOnly"})
    payload.append(element("m:SavedItemFolderId", folder_ref(folder_id)))
    content = create_element("t:MimeContent", attrs={"CharacterSet": "UTF-8"})
    content.text = base64.b64encode(mime).decode("ascii")
    at = (received_at or datetime.now(tz=UTC)).astimezone(UTC)
    message = element(
        "t:Message",
        content,
        text_element("t:ItemClass", "IPM.Note"),
        element("t:ExtendedProperty", extended_field(FLAGS), text_element("t:Value", "0")),
        element(
            "t:ExtendedProperty",
            extended_field(DELIVERED),
            text_element("t:Value", f"{at:%Y-%m-%dT%H:%M:%SZ}"),
        ),
        text_element("t:IsRead", "false"),
    )
    payload.append(element("m:Items", message))
    return new_id(ask_one(account, payload))


def subscribe(account: Account, folder_id: str) -> str:
    """Ask to be told of mail that comes into one folder; the id of the subscription.

    Nothing in the mailbox changes. Source: EWS reference (Subscribe, StreamingSubscription).
    """
    events = [text_element("t:EventType", name) for name in ("NewMailEvent", "CreatedEvent")]
    wanted = element(
        "m:StreamingSubscriptionRequest",
        element("t:FolderIds", folder_ref(folder_id)),
        element("t:EventTypes", *events),
    )
    answer = ask_one(account, element("m:Subscribe", wanted))
    return str(answer.findtext(f"{MESSAGES}SubscriptionId"))


def unsubscribe(account: Account, subscription: str) -> None:
    """Take a subscription back. Raises: ErrorSubscriptionNotFound: the server forgot it."""
    ask_one(account, element("m:Unsubscribe", text_element("m:SubscriptionId", subscription)))


def inbox_rules(account: Account) -> list[Any]:
    """The inbox rules as they stand, one element each. Reads only; a write would delete others.

    Source: MS-OXWSRULES section 3.1.4.1 (GetInboxRules); own decision 0041.
    """
    address = text_element("m:MailboxSmtpAddress", account.primary_smtp_address)
    answer = ask_one(account, element("m:GetInboxRules", address))
    found = answer.find(f"{MESSAGES}InboxRules")
    return [] if found is None else list(found)
