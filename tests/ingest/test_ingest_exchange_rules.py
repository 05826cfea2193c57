"""Outlook's inbox rules, read off the simulator and taken over, and those that are not."""

import pytest
from exchangelib.services.inbox_rules import GetInboxRules

from ingest.exchange.wire import connect
from rules.errors import Refused, TryLater
from rules.rulesets import outlook_rules
from tests.ingest.conftest import ExchangeCase
from tests.servers.exchange import Fault
from tests.servers.exchange_rules import InboxRule
from triage.settings import check
from triage.wiring import postboxes


@pytest.fixture
def case(exchange_case: ExchangeCase) -> ExchangeCase:
    """A mailbox with the rules that a Service Center might keep."""
    box = exchange_case.mailbox
    kassel = box.folder("435 Kassel/Umschulung")
    gone = box.folder("Alt")
    box.remove_folder(gone)
    top = box.folder("Ablage", under=box.top)
    move = {"MoveToFolder": kassel, "StopProcessingRules": True}
    box.rules = [
        InboxRule(
            "Umschulung",
            {"ContainsSubjectStrings": ["Umschulung", "Kurs"], "HasAttachments": True},
            move,
            {"FromAddresses": ["post@traeger.example"]},
        ),
        InboxRule(
            "Groß", {"WithinSizeRange": (5000, 9000)}, {"MoveToFolder": top, "MarkAsRead": True}
        ),
        InboxRule("Weiter", {"SentToMe": True}, {"ForwardToRecipients": ["a@b.example"]}),
        InboxRule("Weg", {"ContainsBodyStrings": ["x"]}, {"MoveToFolder": gone}),
        InboxRule("Papierkorb", {}, {"MoveToFolder": box.default("deleteditems")}),
        InboxRule("Fehler", {}, move, is_in_error=True),
        InboxRule("Nur Outlook", {}, move, is_not_supported=True),
        InboxRule("Aus", {}, move, is_enabled=False),
    ]
    return exchange_case


def test_the_rules_are_read_and_taken_over_and_the_others_named(case: ExchangeCase) -> None:
    taken = outlook_rules.take_over(case.box.inbox_rules())
    assert [(rule.title, rule.action.folder) for rule in taken.rules] == [
        ("Umschulung", "435 Kassel/Umschulung"),
        ("Groß", "Ablage"),
    ]
    assert [(one.name, one.code) for one in taken.remarks] == [
        ("Groß", "import.extra_dropped"),
        ("alle", "import.order"),
        ("Weiter", "import.forbidden"),
        ("Weg", "import.folder_gone"),
        ("Papierkorb", "import.folder_gone"),
        ("Fehler", "import.in_error"),
        ("Nur Outlook", "import.client_only"),
        ("Aus", "import.disabled"),
    ]
    assert "UpdateInboxRules" not in case.server.calls


def test_a_worker_reads_them_by_the_settings_of_the_postbox(
    case: ExchangeCase, monkeypatch, tmp_path
) -> None:
    monkeypatch.setenv("POSTLOTSE_EXCHANGE", case.account.password)
    box = {
        "kind": "exchange", "name": "SC-Ost", "region": "Ost", "endpoint": case.account.endpoint,
        "mailbox": case.address, "user": "dienst", "password_env": "POSTLOTSE_EXCHANGE",
        "auth": "basic", "ca_file": str(case.account.ca_file),
    }  # fmt: skip
    maildir = {"kind": "maildir", "name": "SC-Nord", "region": "Nord", "root": str(tmp_path)}
    settings = check({"postboxes": [box, maildir]}, base=tmp_path)
    exchange, plain = postboxes.postbox_jobs(settings)
    assert exchange.read_rules("") == outlook_rules.take_over(case.box.inbox_rules())
    assert plain.read_rules is None


def test_a_foreign_reader_sees_the_same_rules(case: ExchangeCase) -> None:
    """exchangelib's own model, against the simulator: names, flags and conditions."""
    account = connect(case.account)
    rules = list(GetInboxRules(account=account).call())
    assert [rule.display_name for rule in rules] == [rule.name for rule in case.mailbox.rules]
    assert list(rules[0].conditions.contains_subject_strings) == ["Umschulung", "Kurs"]
    assert [rule.is_in_error for rule in rules].count(True) == 1
    account.protocol.close()


def test_no_rules_no_right_and_a_cut_reply(case: ExchangeCase) -> None:
    case.mailbox.rules = []
    assert case.box.inbox_rules() == ()
    case.mailbox.faults.append(Fault("item", "GetInboxRules", code="ErrorAccessDenied"))
    with pytest.raises(Refused):
        case.box.inbox_rules()
    case.mailbox.faults.append(Fault("truncate", "GetInboxRules", times=2))
    with pytest.raises(TryLater):
        case.box.inbox_rules()
