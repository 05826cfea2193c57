"""Outlook's inbox rules and Sieve scripts made into rules of ours; what can't be said is named."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.rulesets import outlook_rules, sieve_rules
from rules.rulesets.outlook_rules import OutlookRule
from rules.rulesets.taken_over import TakenOver, text_of
from rules.rulesets.terms import action_sentence, rule_sentences
from rules.rulesets.text import read_rules

MOVE = ("MoveToFolder", ("435 Kassel/Umschulung",))
STOP = ("StopProcessingRules", ("true",))
OLD = OutlookRule(
    name="Umschulung → Beratung",
    priority=1,
    is_enabled=True,
    is_supported=True,
    is_in_error=False,
    conditions=(("ContainsSubjectStrings", ("Umschulung", "Kurs")),),
    exceptions=(("FromAddresses", ("Post@Firma.example",)),),
    actions=(MOVE, STOP),
)


def text(taken: TakenOver) -> str:
    return text_of(taken, set_id="neu", title="x", region="", since=date(2026, 12, 1))


def said(taken: TakenOver) -> list[tuple[str, ...]]:
    """The rules as sentences, read back from their text."""
    rules = read_rules(text(taken)).rules
    assert rules is not None
    return [(*rule_sentences(one), action_sentence(one.action)) for one in rules.rules]


def codes(taken: TakenOver) -> list[str]:
    return [one.code for one in taken.remarks]


def test_an_outlook_rule_becomes_a_rule_of_ours() -> None:
    taken = outlook_rules.take_over([OLD])
    assert codes(taken) == []
    assert taken.rules[0].id == "001-umschulung-beratung"
    assert said(taken) == [
        (
            "Betreff enthält „*Umschulung*“ oder „*Kurs*“",
            "außer Absender ist „post@firma.example“",
            "Ordner 435 Kassel/Umschulung",
        )
    ]


@pytest.mark.parametrize(
    ("condition", "sentence"),
    [
        (("ContainsBodyStrings", ("Kurs",)), "Text enthält „*Kurs*“"),
        (("ContainsSubjectOrBodyStrings", ("a b",)), "Betreff oder Text enthält „*a b*“"),
        (("ContainsSenderStrings", ("@firma.example",)), "Absender ist „@firma.example“"),
        (("SentToAddresses", ("a@b.example",)), "Empfänger ist „a@b.example“"),
        (("HasAttachments", ("true",)), "Anlage dabei: „ja“"),
        (("Importance", ("High",)), "Kopfzeile importance enthält „High“"),
        (("WithinSizeRange", ("100", "")), "Größe ab kB: „100“"),
    ],
)
def test_each_condition_that_can_be_said(
    condition: tuple[str, tuple[str, ...]], sentence: str
) -> None:
    taken = outlook_rules.take_over([replace(OLD, conditions=(condition,), exceptions=())])
    assert said(taken)[0][0] == sentence


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"is_in_error": True}, "import.in_error"),
        ({"is_supported": False}, "import.client_only"),
        ({"is_enabled": False}, "import.disabled"),
        ({"actions": (STOP,)}, "import.no_move"),
        ({"actions": (("MoveToFolder", ()), STOP)}, "import.folder_gone"),
        ({"actions": (("MoveToFolder", ("a\nb",)), STOP)}, "import.folder"),
        ({"actions": (MOVE, ("Delete", ("true",)))}, "import.forbidden"),
        ({"actions": (("ForwardToRecipients", ("a@b.example",)), STOP)}, "import.forbidden"),
        ({"actions": (("ServerReplyWithMessage", ()), STOP)}, "import.forbidden"),
        ({"conditions": (("SentToMe", ("true",)),)}, "import.condition"),
        ({"conditions": (("ContainsSenderStrings", ("firma",)),)}, "import.address"),
        ({"conditions": (("ContainsSubjectStrings", ("…",)),)}, "import.value"),
        ({"conditions": (("ContainsSubjectStrings", tuple("abc" * 99)),)}, "import.value"),
        ({"conditions": (("HasAttachments", ("false",)),)}, "import.condition"),
        ({"conditions": (("FromAddresses", ("a@b.example",)),
                         ("ContainsSenderStrings", ("@c.example",)))}, "import.nested"),
    ],
)  # fmt: skip
def test_what_cannot_be_said_is_left_out_and_named(changed: dict[str, object], code: str) -> None:
    taken = outlook_rules.take_over([replace(OLD, **changed)])
    assert taken.rules == ()
    assert [(one.name, one.code, one.is_taken) for one in taken.remarks] == [
        (OLD.name, code, False)
    ]


def test_order_is_priority_and_what_is_dropped_beside_the_move_is_said() -> None:
    second = replace(OLD, name="b", priority=9, actions=(MOVE, ("MarkAsRead", ("true",))))
    taken = outlook_rules.take_over([second, OLD])
    assert [one.title for one in taken.rules] == [OLD.name, "b"]
    assert codes(taken) == ["import.extra_dropped", "import.order"]


SCRIPT = """
require ["fileinto", "envelope"];
# Rundbriefe
if header :contains "List-Id" "rundbrief" { fileinto "INBOX/Klärung"; stop; }
if allof (header :contains "subject" ["Umschulung", "Kurs"],
          not address :is :domain "from" "traeger.example",
          anyof (address :is "from" "a@b.example", size :over 100K)) {
  fileinto "435 Kassel.Umschulung"; stop;
} elsif header :matches "subject" "*Rente*" { fileinto "435 Kassel/Rente"; stop; }
else { keep; stop; }
/* nie erreicht */
if header :contains "subject" "x" { discard; }
elsif true { fileinto "Klärung"; }
"""


def test_a_sieve_script_becomes_rules_branch_by_branch() -> None:
    taken = sieve_rules.take_over(SCRIPT)
    assert said(taken) == [
        ("Kopfzeile list-id enthält „*rundbrief*“", "Ordner Klärung"),
        (
            "Betreff enthält „*Umschulung*“ oder „*Kurs*“",
            "mindestens eines: Absender ist „a@b.example“; Größe ab kB: „102“",
            "außer Absender ist „@traeger.example“",
            "Ordner 435 Kassel/Umschulung",
        ),
        ("Betreff enthält „*Rente*“", "Ordner 435 Kassel/Rente"),
        ("alle Mails", "bleibt wie eingebaut"),
    ]
    assert [(one.name, one.code) for one in taken.remarks] == [
        ("Zeile 12", "import.forbidden"),
        ("Zeile 13", "import.after_left"),
    ]


ROUNDCUBE = """require ["copy","fileinto"];\r
# rule:[Kurse [neu], Kassel]\r
if anyof (header :contains "subject" "Umschulung")\r
{\r
\tfileinto "435 Kassel/Umschulung";\r
\tstop;\r
}\r
elsif header :contains "subject" "Rente" { keep; stop; }\r
# rule:[Im Urlaub]\r
if false # true\r
{\r
\tredirect "a@b.example";\r
}\r
elsif header :contains "subject" "Kurs" { keep; stop; }\r
# rule:[Weg damit]\r
if header :contains "subject" "x"\r
{\r
\tdiscard;\r
}\r
if header :contains "subject" "y" { keep; stop; }\r
"""


def test_rules_keep_the_names_that_people_gave_them() -> None:
    taken = sieve_rules.take_over(ROUNDCUBE)
    assert [(one.id, one.title) for one in taken.rules] == [
        ("001-kurse-neu-kassel", "Kurse [neu], Kassel"),
        ("002-kurse-neu-kassel-zeile-8", "Kurse [neu], Kassel (Zeile 8)"),
        ("004-im-urlaub-zeile-14", "Im Urlaub (Zeile 14)"),
        ("006-zeile-20", "Zeile 20"),
    ]
    assert [(one.name, one.code) for one in taken.remarks] == [
        ("Im Urlaub", "import.disabled"),
        ("Weg damit", "import.forbidden"),
    ]


FILE = '{ fileinto "Klärung"; stop; }'


@pytest.mark.parametrize(
    ("script", "code"),
    [
        ('if header :is "subject" "x" ' + FILE, "import.match"),
        ('if header :matches "subject" "a?c*" ' + FILE, "import.match"),
        ('if header :regex "subject" "x" ' + FILE, "import.condition"),
        ('if header :contains "received" "x" ' + FILE, "import.header"),
        ('if exists "list-id" ' + FILE, "import.condition"),
        ('if address :contains "from" "x" ' + FILE, "import.address"),
        ('if header :contains "from" "Firma" ' + FILE, "import.address"),
        ('if envelope :domain "from" "x" ' + FILE, "import.envelope"),
        ('if not allof (true, true) ' + FILE, "import.nested"),
        ('if header :contains "subject" "…" ' + FILE, "import.value"),
        ('if true { fileinto :copy "Klärung"; stop; }', "import.action"),
        ("if true { stop; }", "import.no_move"),
        ("if true { if true { keep; } }", "import.action"),
        ('redirect "a@b.example";', "import.forbidden"),
        ("if true { keep; ", "import.sieve_syntax"),
        ("if true ) ", "import.sieve_syntax"),
        ("if " + "not " * 30 + "true { keep; }", "import.sieve_syntax"),
        ("text", "import.sieve_syntax"),
        ('fileinto text:\nKlärung', "import.sieve_syntax"),
        ("ä", "import.sieve_syntax"),
        ("#" * 200_001, "import.sieve_syntax"),
    ],
)  # fmt: skip
def test_what_a_script_says_beyond_is_left_out_and_named(script: str, code: str) -> None:
    taken = sieve_rules.take_over(script)
    assert taken.rules == ()
    assert codes(taken)[0] == code


def test_a_multiline_text_is_a_string() -> None:
    taken = sieve_rules.take_over("fileinto text: # so\nKlärung\n.\n;\n")
    assert said(taken) == [("alle Mails", "Ordner Klärung")]
    assert codes(taken) == ["import.order"]


def test_the_envelope_is_read_from_the_headers_that_keep_it() -> None:
    taken = sieve_rules.take_over(f'if envelope "from" "a@b.example" {FILE}')
    assert said(taken)[0][0] == "Kopfzeile return-path enthält „a@b.example“"


@given(st.text(alphabet='if headr:contaisubj"[](){},;*\\\n #/0K', max_size=200))
def test_whatever_script_comes_in_nothing_breaks_and_what_is_taken_can_be_read(script: str) -> None:
    taken = sieve_rules.take_over(script)
    assert read_rules(text(taken)).rules is not None
