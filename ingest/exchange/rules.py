"""Outlook's inbox rules of an Exchange mailbox, read out of raw XML.

exchangelib's own model drops what it does not know; a condition that is lost makes a rule that
takes too much. Source: MS-OXWSRULES section 2.2.4 (RuleType); own decision 0041.
"""

from collections.abc import Mapping
from typing import Any, Final

from exchangelib import Account

from ingest.exchange.calls import inbox_rules
from ingest.exchange.xml import TYPES
from rules.rulesets.outlook_rules import OutlookRule, Part

_FOLDERS: Final = {"MoveToFolder", "CopyToFolder"}


def read_rules(account: Account, names: Mapping[str, str]) -> tuple[OutlookRule, ...]:
    """All inbox rules; `names` gives folders' human names by id. Raises: as exchangelib."""
    return tuple(_rule(found, names) for found in inbox_rules(account))


def _rule(found: Any, names: Mapping[str, str]) -> OutlookRule:  # noqa: ANN401 - an lxml element
    def says(tag: str, default: str) -> bool:
        return (found.findtext(f"{TYPES}{tag}") or default).strip().lower() in {"true", "1"}

    priority = (found.findtext(f"{TYPES}Priority") or "").strip()
    return OutlookRule(
        name=found.findtext(f"{TYPES}DisplayName") or "ohne Namen",
        priority=int(priority) if priority.isdigit() else 0,
        is_enabled=says("IsEnabled", "false"),
        is_supported=not says("IsNotSupported", "false"),
        is_in_error=says("IsInError", "false"),
        conditions=_parts(found.find(f"{TYPES}Conditions"), names),
        exceptions=_parts(found.find(f"{TYPES}Exceptions"), names),
        actions=_parts(found.find(f"{TYPES}Actions"), names),
    )


def _parts(found: Any, names: Mapping[str, str]) -> tuple[Part, ...]:  # noqa: ANN401
    if found is None:
        return ()
    return tuple(_part(child, names) for child in found)


def _part(found: Any, names: Mapping[str, str]) -> Part:  # noqa: ANN401
    name = found.tag.rpartition("}")[2]
    if name in _FOLDERS:
        return _folder(found, name, names)
    if name == "WithinSizeRange":
        low = found.findtext(f"{TYPES}MinimumSize") or ""
        return name, (low.strip(), (found.findtext(f"{TYPES}MaximumSize") or "").strip())
    addresses = [one.text or "" for one in found.iter(f"{TYPES}EmailAddress")]
    texts = [one.text or "" for one in found.findall(f"{TYPES}String")]
    plain = [(found.text or "").strip()] if len(found) == 0 else []
    return name, tuple(addresses or texts or plain)


def _folder(found: Any, name: str, names: Mapping[str, str]) -> Part:  # noqa: ANN401
    known = found.find(f"{TYPES}DistinguishedFolderId")
    if known is not None:
        is_bin = known.get("Id") == "deleteditems"
        return ("Delete", ("true",)) if is_bin else (name, ())
    by_id = found.find(f"{TYPES}FolderId")
    human = names.get(by_id.get("Id")) if by_id is not None else None
    return name, (human,) if human else ()
