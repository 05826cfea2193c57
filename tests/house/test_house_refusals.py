"""A refusal speaks English to programs and German to people, each from one place.

The message where it is raised is English and reaches `/v1`, the log and the command line; a page
shows the sentence of its code in `api/web/refusals.py`. Source: own decision 0139.
"""

import ast
import re
import string
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from api.web import failures, refusals
from tests.english import german_in

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("rules", "ingest", "classify", "store", "outbox", "triage", "api")
KINDS = {"Refused", "Conflict", "TryLater", "Unreadable"}

PASSED_ON = {
    "api/oidc/backchannel.py",
    "api/oidc/provider.py",
    "ingest/login_gate.py",
    "classify/learning/forks.py",
}
"""Here an error is told again with the message of another error."""

NO_PAGE = ("triage/cli/", "triage/doctor/", "triage/demo/", "triage/settings/", "triage/trail/")
"""What only a command line or a worker's log tells."""

_NOT_ON_A_PAGE = """
access.denied access.narrowed access.no_group access.two_roles agencies.bad_row
agencies.columns agencies.unknown_code audit.no_such_seal audit.time_naive backup.damaged
backup.exists backup.no_manifest backup.no_program backup.not_empty calendar.land_unknown
draft.attachments draft.recipients eakte.certificate file.ending idempotency.in_progress
idempotency.in_use idempotency.other_request idempotency.reused key.agency key.days key.exists
key.region key.unknown keys.exists keys.in_use keys.name keys.unknown lease.lost ledger.step
mail.no_postbox mark.concern mark.name mark.twice op.step op.unknown outgoing.claim_lost
person.folder person.who place.taken postbox.begun postbox.in_use postbox.observed
postbox.in_doubt postbox.name postbox.name_used
postbox.renamed postbox.twice quicksteps.folder relearn.file relearn.inside rights.no_ldap
settings.secret_missing sieve.no_script store.conflict store.number store.schema store.statement
store.url text.approval_word text.file_unreadable text.not_approved text.path trail.cursor_ahead
history.folder webhook.secret webhook.unknown
"""
NOT_ON_A_PAGE = frozenset(_NOT_ON_A_PAGE.split())
"""Codes of operators, keys, files and machines; once a page shows one, it needs its sentence."""


@dataclass(frozen=True)
class Raised:
    """A place where a refusal is made."""

    path: str
    line: int
    kind: str
    code: str
    words: str
    is_written: bool
    details: frozenset[str]

    def __str__(self) -> str:
        return f"{self.path}:{self.line} {self.code}"


def places() -> Iterator[Raised]:
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                called = node.func if isinstance(node, ast.Call) else None
                if isinstance(called, ast.Name) and called.id in KINDS and len(node.args) > 1:
                    yield raised(name, called.id, node)


def raised(path: str, kind: str, node: ast.Call) -> Raised:
    code, message = node.args[0], node.args[1]
    texts = [one.value for one in ast.walk(message) if isinstance(one, ast.Constant)]
    return Raised(
        path,
        node.lineno,
        kind,
        code.value if isinstance(code, ast.Constant) else "",
        " ".join(text for text in texts if isinstance(text, str)),
        isinstance(message, ast.Constant | ast.JoinedStr | ast.BinOp),
        frozenset(word.arg for word in node.keywords if word.arg),
    )


RAISED = tuple(places())
ON_PAGES = tuple(
    one
    for one in RAISED
    if one.kind in {"Refused", "Conflict"}
    and one.path.startswith(("rules/", "store/", "triage/", "api/web/deeds.py"))
    and not one.path.startswith(NO_PAGE)
)


def test_every_message_is_english() -> None:
    assert [f"{one}: {german_in(one.words)}" for one in RAISED if german_in(one.words)] == []


def test_a_message_is_written_where_it_is_raised() -> None:
    """Else nobody sees in which language it comes."""
    hidden = {one.path for one in RAISED if not one.is_written}
    assert hidden == PASSED_ON


def test_every_code_that_a_page_can_show_has_its_sentence() -> None:
    told = {code.partition(" ")[0] for code in refusals.SENTENCES} | set(failures.BY_CODE)
    lacking = {one.code for one in ON_PAGES if one.code} - told - NOT_ON_A_PAGE
    assert lacking == set(), "write the sentence in api/web/refusals.py"


def test_no_sentence_is_left_of_a_code_that_is_gone() -> None:
    known = {one.code for one in RAISED}
    assert {code.partition(" ")[0] for code in refusals.SENTENCES} - known == set()
    assert NOT_ON_A_PAGE - known == set()


@pytest.mark.parametrize("code", sorted(refusals.SENTENCES))
def test_what_a_sentence_names_comes_with_every_refusal(code: str) -> None:
    named = {
        field for _, field, _, _ in string.Formatter().parse(refusals.SENTENCES[code]) if field
    }
    own, _, why = code.partition(" ")
    lacking = [
        str(one)
        for one in RAISED
        if one.code == own and (not why or "why" in one.details) and not named <= one.details
    ]
    assert lacking == []


def test_no_page_shows_the_message_of_an_error() -> None:
    shown = []
    for path in sorted((ROOT / "api" / "web").glob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        errors = caught(tree)
        shown += [
            f"{path.name}:{node.lineno}"
            for node in ast.walk(tree)
            if isinstance(node, ast.Attribute)
            and node.attr == "message"
            and isinstance(node.value, ast.Name)
            and node.value.id in errors
        ]
    assert shown == [], "show refusals.refusal(error)"


def caught(tree: ast.Module) -> set[str]:
    """Names under which the file holds an error of the house."""
    handlers = {node.name for node in ast.walk(tree) if isinstance(node, ast.ExceptHandler)}
    given = {
        node.arg
        for node in ast.walk(tree)
        if isinstance(node, ast.arg)
        and node.annotation
        and re.search(r"\b(Refused|Conflict|HouseError)\b", ast.unparse(node.annotation))
    }
    return {name for name in handlers | given if name}
