"""The tables of sign-in are checked together; what would open the house too wide is refused."""

from pathlib import Path

import pytest

from rules.errors import Refused
from rules.groups import GroupRule
from triage.cli.door import door_of
from triage.settings import check

OIDC = {
    "issuer": "https://sso.dienst.example/realms/dienst",
    "client_id": "postlotse",
    "public_url": "https://postlotse.dienst.example",
    "ca_file": "ca.pem",
}
EZ = {"name": "ez-{agency}", "role": "clerk"}
BASE = {"oidc": OIDC, "groups": [EZ]}


def test_a_whole_sign_in_becomes_the_plan_of_the_doors(monkeypatch):
    for name in ("SESSION_SECRET", "OIDC_SECRET", "PSEUDONYM_KEY"):
        monkeypatch.setenv(f"POSTLOTSE_{name}", f"{name} of thirty-two bytes or more!")
    lead = {"name": "lead", "role": "clerk", "agencies": ["435"], "permissions": ["free_item"]}
    admin = {"name": "boss", "role": "admin", "regions": ["West"]}
    settings = check(BASE | {"groups": [EZ, lead, admin]}, base=Path("/etc"))
    plan = door_of(settings).oidc
    assert plan.ca_file == Path("/etc/ca.pem")
    assert plan.redirect_uri == "https://postlotse.dienst.example/anmelden/zurueck"
    assert plan.groups[0] == GroupRule("ez-{agency}", "clerk")
    assert plan.groups[1].agencies == {"435"}
    assert plan.groups[1].extra == {"free_item"}
    assert plan.algorithms == {"RS256", "PS256", "ES256"}
    assert plan.hosts is None


def test_a_list_of_hosts_needs_no_line_for_this_machine(monkeypatch):
    for name in ("SESSION_SECRET", "OIDC_SECRET", "PSEUDONYM_KEY"):
        monkeypatch.setenv(f"POSTLOTSE_{name}", "x" * 40)
    settings = check(BASE | {"outgoing": {"hosts": ["SSO.dienst.example"]}}, base=Path("/etc"))
    plan = door_of(settings).oidc
    assert plan.hosts == {"sso.dienst.example", "127.0.0.1", "localhost", "::1"}


@pytest.mark.parametrize("missing", ["SESSION_SECRET", "OIDC_SECRET", "PSEUDONYM_KEY"])
def test_without_one_of_its_secrets_the_house_does_not_start(monkeypatch, missing):
    for name in ("SESSION_SECRET", "OIDC_SECRET", "PSEUDONYM_KEY"):
        monkeypatch.setenv(f"POSTLOTSE_{name}", "x" * 40)
    monkeypatch.delenv(f"POSTLOTSE_{missing}")
    with pytest.raises(Refused) as refused:
        door_of(check(BASE, base=Path("/etc")))
    assert refused.value.code == "settings.secret_missing"


def test_a_short_key_of_the_pseudonyms_is_refused(monkeypatch):
    for name, value in (("SESSION_SECRET", "x" * 40), ("OIDC_SECRET", "y"), ("PSEUDONYM_KEY", "z")):
        monkeypatch.setenv(f"POSTLOTSE_{name}", value)
    with pytest.raises(Refused) as refused:
        door_of(check(BASE, base=Path("/etc")))
    assert refused.value.code == "door.secret_short"


@pytest.mark.parametrize(
    "changes",
    [
        {"groups": []},
        {"oidc": None},
        {"oidc": OIDC | {"issuer": "http://sso.dienst.example"}},
        {"oidc": OIDC | {"public_url": "https://postlotse.dienst.example/"}},
        {"oidc": OIDC | {"algorithms": ["RS256", "none"]}},
        {"oidc": OIDC | {"algorithms": ["HS256"]}},
        {"oidc": OIDC | {"algorithms": []}},
        {"oidc": OIDC | {"scopes": ["groups"]}},
        {"oidc": OIDC | {"api_audience": "postlotse"}},
        {"groups": [{"name": "all", "role": "clerk"}]},
        {"groups": [EZ | {"agencies": ["435"]}]},
        {"groups": [EZ | {"name": "{agency}-{region}"}]},
        {"groups": [EZ | {"name": "{agency}-{agency}"}]},
        {"groups": [EZ | {"role": "king"}]},
        {"groups": [EZ | {"permissions": ["everything"]}]},
        {"rights": {"clerks_follow_lists": True}},
        {"desk": {"demo": True}},
        {"desk": {"demo": True, "host": "0.0.0.0"}, "oidc": None, "groups": []},  # noqa: S104
    ],
)
def test_a_sign_in_that_opens_too_wide_or_is_half_is_refused(changes):
    raw = {key: value for key, value in (BASE | changes).items() if value is not None}
    with pytest.raises(Refused) as refused:
        check(raw, base=Path("/etc"))
    assert refused.value.code == "settings.invalid"


def test_where_lists_decide_a_group_need_not_say_where():
    raw = BASE | {
        "oidc": OIDC | {"account_claim": "email"},
        "groups": [{"name": "desk", "role": "clerk"}],
        "rights": {"clerks_follow_lists": True},
    }
    assert not check(raw, base=Path("/etc")).groups[0].is_bound
