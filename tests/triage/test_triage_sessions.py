"""Sign-ins that are ended by order of an operator."""

from datetime import timedelta

import pytest
from typer.testing import CliRunner

from api.oidc.names import pseudonym
from rules.access import Caller
from rules.codes import Role
from rules.errors import Refused
from store.trail import audit
from tests.house_fixture import ADMIN, clerk
from triage import sessions
from triage.cli import app as cli
from triage.house import House
from triage.sessions import Limits

LIMITS = Limits(idle=timedelta(hours=1), absolute=timedelta(hours=10))
KEY, ISSUER, SUBJECT = "k" * 32, "https://anmeldung.example/realms/ba", "5f2c-9b11"
ANNA = pseudonym(KEY.encode(), ISSUER, SUBJECT)
SETTINGS = f"""
[store]
url = "{{url}}"
[oidc]
issuer = "{ISSUER}"
client_id = "postlotse"
public_url = "https://postlotse.example"
[[groups]]
name = "EZ-{{{{agency}}}}"
role = "clerk"
"""


@pytest.fixture
def url(sqlite_url: str) -> str:
    """What is in the database's tables is read the same way on both."""
    return sqlite_url


@pytest.fixture
def numbers(house: House) -> dict[str, list[str]]:
    """Two browsers of one person, and one of another."""

    def begin(name: str) -> str:
        caller = Caller(name, Role.CLERK, agencies=frozenset({"435"}))
        return sessions.begin(house, caller, limits=LIMITS)

    return {ANNA: [begin(ANNA), begin(ANNA)], "p-other": [begin("p-other")]}


def signed_in(house: House, numbers: dict[str, list[str]]) -> dict[str, int]:
    return {
        name: sum(
            sessions.find(house, number, limits=LIMITS, is_deed=False) is not None for number in own
        )
        for name, own in numbers.items()
    }


def test_all_browsers_of_one_person_are_signed_out_and_nobody_else(house, numbers):
    assert sessions.end_by_order(house, ADMIN, name=ANNA) == 2
    assert signed_in(house, numbers) == {ANNA: 0, "p-other": 1}
    assert sessions.end_by_order(house, ADMIN, name=ANNA) == 0
    with house.db.read() as tx:
        told = [(one.actor, one.details) for one in audit.of_subject(tx, "session")]
    assert told == [(ADMIN.name, {"scope": "person"})] * 2


@pytest.mark.parametrize("name", [ANNA, ""])
def test_who_may_not_see_to_keys_ends_nobodys_sign_in(house, numbers, name):
    with pytest.raises(Refused) as refused:
        sessions.end_by_order(house, clerk("435"), name=name)
    assert refused.value.code == "access.denied"
    assert signed_in(house, numbers) == {ANNA: 2, "p-other": 1}


def test_the_command_knows_people_by_the_services_number_and_takes_one_choice(
    house, numbers, url, tmp_path, monkeypatch
):
    monkeypatch.setenv("POSTLOTSE_PSEUDONYM_KEY", KEY)
    config = tmp_path / "p.toml"
    config.write_text(SETTINGS.format(url=url), encoding="utf-8")

    def run(*words: str) -> int:
        told = CliRunner().invoke(cli.app, ["sessions", "end", *words, "-c", str(config)])
        return told.exit_code

    assert run("--subject", SUBJECT) == 0
    assert signed_in(house, numbers) == {ANNA: 0, "p-other": 1}
    by_name = ["sessions", "end", "--subject", "anna", "-c", str(config)]
    assert "(sub), no name" in CliRunner().invoke(cli.app, by_name).output
    assert run() != 0
    assert run("--all", "--pseudonym", "p-other") != 0
    assert signed_in(house, numbers) == {ANNA: 0, "p-other": 1}
    assert run("--all") == 0
    assert signed_in(house, numbers) == {ANNA: 0, "p-other": 0}
