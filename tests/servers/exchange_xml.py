"""The XML of the Exchange simulator: elements, properties, and errors of one message or of all.

Order of elements as Microsoft's schema wants it (types.xsd, ItemType and FolderType).
"""

import base64
import re
from collections.abc import Sequence
from datetime import UTC, datetime

from lxml import etree

from tests.servers.exchange_store import FLAGS, Folder, Grant, Item

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
MESSAGES = "http://schemas.microsoft.com/exchange/services/2006/messages"
TYPES = "http://schemas.microsoft.com/exchange/services/2006/types"
ERRORS = "http://schemas.microsoft.com/exchange/services/2006/errors"
NAMES = {"s": SOAP, "m": MESSAGES, "t": TYPES}
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ITEM_ORDER = (
    "MimeContent",
    "ItemId",
    "ItemClass",
    "DateTimeReceived",
    "Size",
    "Categories",
    "DateTimeCreated",
    "ExtendedProperty",
)
_FOLDER_ORDER = (
    "FolderId",
    "ParentFolderId",
    "FolderClass",
    "DisplayName",
    "DistinguishedFolderId",
    "PermissionSet",
)


class ItemError(Exception):
    """An error of one response message; the others of the same request go on."""

    def __init__(self, code: str, values: dict[str, object] | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.values = values or {}


class SoapFault(Exception):  # noqa: N818 - its name on the wire
    """An error of the whole request; `values` are those of its MessageXml."""

    def __init__(self, code: str, values: dict[str, object] | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.values = values or {}


def element(namespace: str, tag: str, *inside: object, **attributes: object):
    made = etree.Element(
        f"{{{namespace}}}{tag}", {k: str(v) for k, v in attributes.items()}, nsmap=NAMES
    )
    for part in inside:
        if etree.iselement(part):
            made.append(part)
        elif part is not None:
            made.text = _text(part)
    return made


def of_type(tag: str, *inside: object, **attributes: object):
    return element(TYPES, tag, *inside, **attributes)


def of_message(tag: str, *inside: object, **attributes: object):
    return element(MESSAGES, tag, *inside, **attributes)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return _NOT_XML.sub("?", str(value))


def local_name(found) -> str:
    return etree.QName(found).localname


def find(found, path: str):
    return found.find(path, NAMES)


def find_all(found, path: str):
    return found.findall(path, NAMES)


def text_at(found, path: str, default: str = "") -> str:
    return found.findtext(path, default, NAMES)


def wanted_fields(request, shape_tag: str) -> tuple[set[str], list]:
    """The field names asked for, and the extended properties."""
    shape = find(request, f"m:{shape_tag}")
    uris = {f.get("FieldURI") for f in find_all(shape, "t:AdditionalProperties/t:FieldURI")}
    if text_at(shape, "t:IncludeMimeContent") == "true":
        uris.add("item:MimeContent")
    return uris, find_all(shape, "t:AdditionalProperties/t:ExtendedFieldURI")


def item_xml(item: Item, uris: set[str], extended: Sequence = ()):
    """The item with what was asked for. Raises: ItemError: its content can't be given."""
    parts = [of_type("ItemId", Id=item.id, ChangeKey=item.change_key)]
    if "item:MimeContent" in uris:
        if item.broken:
            raise ItemError(item.broken)
        parts.append(of_type("MimeContent", item.rendered(), CharacterSet="UTF-8"))
    if "item:ItemClass" in uris:
        parts.append(of_type("ItemClass", "IPM.Note"))
    if "item:DateTimeReceived" in uris:
        parts.append(of_type("DateTimeReceived", item.received))
    if "item:Size" in uris:
        parts.append(of_type("Size", len(item.mime)))
    if "item:Categories" in uris and item.categories:
        parts.append(of_type("Categories", *[of_type("String", one) for one in item.categories]))
    if "item:DateTimeCreated" in uris:
        parts.append(of_type("DateTimeCreated", item.created))
    parts += [part for uri in extended if (part := _extended(item, uri)) is not None]
    parts.sort(key=lambda part: _ITEM_ORDER.index(local_name(part)))
    return of_type("Message", *parts)


def _extended(item: Item, uri):
    tag = int(uri.get("PropertyTag"), 16)
    if tag == 0x300B:
        value: object = item.search_key
    elif tag == 0x007D and not item.headless:
        value = re.split(rb"\r?\n\r?\n", item.mime)[0].decode("latin-1")
    else:
        return None
    attributes = {k: uri.get(k) for k in ("PropertyTag", "PropertyType")}
    if not value:
        return None
    return of_type(
        "ExtendedProperty", of_type("ExtendedFieldURI", **attributes), of_type("Value", value)
    )


def folder_xml(folder: Folder, uris: set[str]):
    parts = [of_type("FolderId", Id=folder.id, ChangeKey=folder.change_key)]
    if "folder:ParentFolderId" in uris and folder.parent:
        parts.append(
            of_type("ParentFolderId", Id=folder.parent.id, ChangeKey=folder.parent.change_key)
        )
    if "folder:FolderClass" in uris and folder.folder_class:
        parts.append(of_type("FolderClass", folder.folder_class))
    if "folder:DisplayName" in uris:
        parts.append(of_type("DisplayName", folder.name))
    if "folder:DistinguishedFolderId" in uris and folder.distinguished:
        parts.append(of_type("DistinguishedFolderId", folder.distinguished))
    if "folder:PermissionSet" in uris and not folder.hides_grants:
        parts.append(permissions_xml(folder))
    parts.sort(key=lambda part: _FOLDER_ORDER.index(local_name(part)))
    tag = "CalendarFolder" if folder.folder_class == "IPF.Appointment" else "Folder"
    return of_type(tag, *parts)


def permissions_xml(folder: Folder):
    """Who may do what, as GetFolder tells it: always with the flags, where there are any."""
    inside = [_permission(grant) for grant in folder.grants]
    parts = [of_type("Permissions", *inside)]
    if folder.unknown_entries:
        entries = [of_type("UnknownEntry", one) for one in folder.unknown_entries]
        parts.append(of_type("UnknownEntries", *entries))
    return of_type("PermissionSet", *parts)


def _permission(grant: Grant):
    if grant.who in {"Default", "Anonymous"}:
        user = of_type("UserId", of_type("DistinguishedUser", grant.who))
    elif grant.who.startswith("S-1-"):
        name = of_type("DisplayName", f"NT User:{grant.who}")
        user = of_type("UserId", of_type("SID", grant.who), name)
    else:
        user = of_type(
            "UserId",
            of_type("SID", f"S-1-5-21-{sum(grant.who.encode())}"),
            of_type("PrimarySmtpAddress", grant.who),
            of_type("DisplayName", grant.who.partition("@")[0].title()),
        )
    flags = [of_type(name, value) for name, value in zip(FLAGS, grant.flags, strict=False)]
    return of_type("Permission", user, *flags, of_type("PermissionLevel", grant.level))


def grant_of(found) -> Grant:
    """What a client wants to be set. Raises: ItemError: as the EWS reference tells."""
    user = find(found, "t:UserId")
    who = next(
        (
            text_at(user, f"t:{tag}")
            for tag in ("DistinguishedUser", "PrimarySmtpAddress", "SID")
            if text_at(user, f"t:{tag}")
        ),
        "",
    )
    level = text_at(found, "t:PermissionLevel")
    flags = tuple(text_at(found, f"t:{name}") for name in FLAGS)
    if not who or not level:
        raise ItemError("ErrorInvalidUserInfo")
    if level != "Custom" and any(flags):
        raise ItemError("ErrorInvalidPermissionSettings")
    return Grant(who, level, flags) if level == "Custom" else Grant.of(who, level)


def fault_xml(fault: SoapFault):
    made = element(SOAP, "Fault")
    etree.SubElement(made, "faultcode").text = f"t:{fault.code}"
    etree.SubElement(made, "faultstring").text = fault.code
    detail = etree.SubElement(made, "detail")
    detail.append(element(ERRORS, "ResponseCode", fault.code))
    detail.append(element(ERRORS, "Message", fault.code))
    if fault.values:
        detail.append(of_type("MessageXml", *values_xml(fault)))
    return made


def values_xml(error: SoapFault | ItemError) -> list:
    """What an error says beside its code, for a MessageXml."""
    return [of_type("Value", value, Name=name) for name, value in error.values.items()]


def envelope(body) -> bytes:
    version = of_type(
        "ServerVersionInfo",
        MajorVersion=15,
        MinorVersion=2,
        MajorBuildNumber=2562,
        MinorBuildNumber=17,
        Version="V2017_07_11",
    )
    whole = element(SOAP, "Envelope", element(SOAP, "Header", version), element(SOAP, "Body", body))
    return etree.tostring(whole, xml_declaration=True, encoding="utf-8")
