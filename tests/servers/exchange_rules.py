"""Inbox rules of the Exchange simulator: as a test writes them down, and as the server tells them.

Order of elements as MS-OXWSRULES section 2.2.4 wants it (RuleType, RulePredicatesType,
RuleActionsType); the schema that other operations are held against does not have them.
"""

from dataclasses import dataclass, field

from tests.servers.exchange_store import Folder
from tests.servers.exchange_xml import of_message, of_type

PREDICATES = str.split(
    "Categories ContainsBodyStrings ContainsHeaderStrings ContainsRecipientStrings"
    " ContainsSenderStrings ContainsSubjectOrBodyStrings ContainsSubjectStrings FlaggedForAction"
    " FromAddresses FromConnectedAccounts HasAttachments Importance IsApprovalRequest"
    " IsAutomaticForward IsAutomaticReply IsEncrypted IsMeetingRequest IsMeetingResponse IsNDR"
    " IsPermissionControlled IsReadReceipt IsSigned IsVoicemail ItemClasses"
    " MessageClassifications NotSentToMe SentCcMe SentOnlyToMe SentToAddresses SentToMe"
    " SentToOrCcMe Sensitivity WithinDateRange WithinSizeRange"
)
ACTIONS = str.split(
    "AssignCategories CopyToFolder Delete ForwardAsAttachmentToRecipients ForwardToRecipients"
    " MarkImportance MarkAsRead MoveToFolder PermanentDelete RedirectToRecipients"
    " SendSMSAlertToRecipients ServerReplyWithMessage StopProcessingRules"
)


@dataclass
class InboxRule:
    """Values: a list is strings or addresses, a Folder its id, a pair a range of sizes in kB."""

    name: str
    conditions: dict[str, object] = field(default_factory=dict)
    actions: dict[str, object] = field(default_factory=dict)
    exceptions: dict[str, object] = field(default_factory=dict)
    is_enabled: bool = True
    is_not_supported: bool = False
    is_in_error: bool = False


def rules_xml(rules: list[InboxRule]) -> list:
    """What stands in the response after the code."""
    told = [_rule(rule, number) for number, rule in enumerate(rules, start=1)]
    return [of_message("OutlookRuleBlobExists", True), of_message("InboxRules", *told)]


def _rule(rule: InboxRule, number: int):
    return of_type(
        "Rule",
        of_type("RuleId", f"regel-{number}"),
        of_type("DisplayName", rule.name),
        of_type("Priority", number),
        of_type("IsEnabled", rule.is_enabled),
        of_type("IsNotSupported", True) if rule.is_not_supported else None,
        of_type("IsInError", True) if rule.is_in_error else None,
        _parts("Conditions", rule.conditions, PREDICATES),
        _parts("Exceptions", rule.exceptions, PREDICATES),
        _parts("Actions", rule.actions, ACTIONS),
    )


def _parts(tag: str, values: dict[str, object], order: list[str]):
    if not values:
        return None
    return of_type(tag, *(_part(name, values[name]) for name in sorted(values, key=order.index)))


def _part(name: str, value: object):
    if isinstance(value, Folder):
        return of_type(name, of_type("FolderId", Id=value.id, ChangeKey=value.change_key))
    if isinstance(value, tuple):
        low, high = value
        return of_type(name, of_type("MinimumSize", low), of_type("MaximumSize", high))
    if isinstance(value, list) and name.endswith(("Addresses", "Recipients")):
        return of_type(name, *(of_type("Address", of_type("EmailAddress", one)) for one in value))
    if isinstance(value, list):
        return of_type(name, *(of_type("String", one) for one in value))
    return of_type(name, value)
