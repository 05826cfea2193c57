"""Whatever ends a round of a worker is told with what to do about it, in German."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from store.processes import heartbeats
from tests.house_fixture import open_house
from triage.watch import health, remedies

ROOT = Path(__file__).resolve().parents[2]
DRIVERS = ("ingest/exchange", "ingest/imap", "ingest/maildir", "ingest/ldap", "triage/trail")

NEVER_A_ROUND = {
    "postbox.folder_missing": "of one folder; a round goes on with the next",
    "postbox.folder_name": "of one folder, told as `folders:…` or with the move",
    "postbox.no_headers": "of one mail, which is left out and told in the log",
    "postbox.no_mail": "as that",
    "postbox.no_marks": "of the marks of one folder",
    "postbox.no_idle": "of the bell; the postbox is asked all the same",
    "anchor.missing": "of `trail verify --anchor`",
    "trail.set_back": "as that",
}


def raised() -> Iterator[str]:
    """The codes with which a driver refuses, or says that it will go later."""
    for folder in DRIVERS:
        for file in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                if not (isinstance(node, ast.Call) and node.args):
                    continue
                name, code = getattr(node.func, "id", ""), node.args[0]
                if name in {"Refused", "TryLater"} and isinstance(code, ast.Constant):
                    yield code.value


def test_each_code_of_a_driver_has_a_sentence_that_says_what_to_do() -> None:
    codes = {one for one in raised() if one.startswith(("postbox.", "ldap.", "anchor."))}
    assert {"postbox.certificate", "ldap.away"} <= codes, "the look still finds what is raised"
    assert codes - remedies.REMEDIES.keys() - NEVER_A_ROUND.keys() == set()


@pytest.mark.parametrize("code", ["postbox.mailbox_missing", "ldap.away", "some.new_code"])
def test_no_check_that_failed_is_told_without_a_remedy(sqlite_url: str, code: str) -> None:
    house = open_house(sqlite_url)
    with house.db.write() as tx:
        heartbeats.beat(tx, "postbox:SC-West", code=code, message="", now=house.clock())
    told = {one.name: one for one in health.ready(house)}["postbox:SC-West"]
    assert (told.ok, told.remedy) == (False, remedies.of(code))
    assert told.remedy
