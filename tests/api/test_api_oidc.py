"""People sign in by a sign-in service that speaks OpenID Connect, and attackers don't."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from structlog.testing import capture_logs

from api.app import furnish, make_app
from api.oidc import flow
from api.oidc.names import account_hash, pseudonym
from api.oidc.provider import Provider
from api.session import COOKIE
from rules.errors import Refused
from rules.rights.list_access import Reach
from tests.api.conftest import Doors
from tests.api.oidc_desk import (
    HERE,
    PEOPLE,
    PSEUDONYM_KEY,
    OidcBrowser,
    anna,
    one_app,
    plan,
    refused,
    server,
    service,
    who,
)
from tests.api.small_door import door_settings
from tests.servers.oidc import OidcServer
from triage.house import RightsPolicy

__all__ = ["anna", "one_app", "server", "service"]


def test_a_clerk_comes_in_by_the_service_and_sees_her_agency(anna: OidcBrowser) -> None:
    answer = anna.sign_in("kassel")
    assert (answer.status_code, answer.headers["location"]) == (303, "/arbeitsplatz")
    assert anna.client.get("/v1/agencies/435/items").status_code == 200
    assert anna.client.get("/v1/agencies/123/items").status_code == 403
    assert anna.client.get("/regeln").status_code == 403


def test_what_goes_to_the_service_has_pkce_state_and_nonce_fresh_each_time(
    anna: OidcBrowser,
) -> None:
    asked = [parse_qs(urlsplit(anna.leave()).query) for _ in range(2)]
    assert asked[0]["code_challenge_method"] == ["S256"]
    assert asked[0]["redirect_uri"] == [f"{HERE}/anmelden/zurueck"]
    for name in ("state", "nonce", "code_challenge"):
        assert asked[0][name] != asked[1][name]
        assert len(asked[0][name][0]) >= 43


def test_the_cookies_are_bound_to_host_and_tls_and_out_of_reach_of_scripts(
    anna: OidcBrowser,
) -> None:
    begun = anna.client.get("/anmelden/dienstkennung")
    done = anna.back(anna.server.consent(begun.headers["location"], "kassel"))
    for answer in (begun, done):
        for line in answer.headers.get_list("set-cookie"):
            words = {word.strip().lower() for word in line.split(";")}
            assert line.startswith("__Host-postlotse_")
            assert {"httponly", "secure", "path=/", "samesite=lax"} <= words
            assert not any(word.startswith("domain") for word in words)


def test_nothing_of_the_account_is_kept_but_a_pseudonym(anna: OidcBrowser, doors: Doors) -> None:
    anna.sign_in("kassel")
    person = PEOPLE["kassel"]
    name = pseudonym(PSEUDONYM_KEY, anna.server.issuer, person.subject)
    assert who(anna) == name
    with doors.house.db.read() as tx:
        rows = tx.connection.exec_driver_sql("SELECT * FROM session").all()
    assert person.subject not in str(rows)
    assert person.email not in str(rows)
    assert "there-1" not in str(rows)


def test_the_pseudonym_is_the_same_each_time_and_another_under_another_key() -> None:
    one = pseudonym(PSEUDONYM_KEY, "https://a.example", "s")
    assert one == pseudonym(PSEUDONYM_KEY, "https://a.example", "s")
    others = {
        pseudonym(PSEUDONYM_KEY[::-1], "https://a.example", "s"),
        pseudonym(PSEUDONYM_KEY, "https://b.example", "s"),
        pseudonym(PSEUDONYM_KEY, "https://a.example", "t"),
    }
    assert len(others | {one}) == 4


def test_after_signing_in_one_is_where_one_was(anna: OidcBrowser) -> None:
    lost = anna.client.get("/texte?suche=au").headers["location"]
    page = anna.client.get(lost).text
    assert "/anmelden/dienstkennung?weiter=" in page
    assert anna.sign_in("kassel", "/texte?suche=au").headers["location"] == "/texte?suche=au"


def test_two_tabs_can_sign_in_at_once(anna: OidcBrowser) -> None:
    first, second = anna.leave("/lage"), anna.leave("/texte")
    assert anna.back(anna.server.consent(first, "kassel")).headers["location"] == "/lage"
    assert anna.back(anna.server.consent(second, "kassel")).headers["location"] == "/texte"


def test_a_service_that_wants_the_secret_in_the_form_gets_it_there(anna: OidcBrowser) -> None:
    anna.server.auth_methods = ("client_secret_post",)
    assert anna.sign_in("kassel").status_code == 303


@pytest.mark.parametrize(("person", "title"), [("stranger", "kein Recht"), ("both", "Gruppen")])
def test_groups_that_give_no_right_let_nobody_in_and_say_what_to_do(
    anna: OidcBrowser, person: str, title: str
) -> None:
    answer = anna.sign_in(person)
    assert answer.status_code == 403
    assert title in answer.text
    assert "Teamleitung" in answer.text
    assert COOKIE not in anna.client.cookies


def test_a_group_of_machines_lets_no_person_in(anna: OidcBrowser) -> None:
    assert anna.sign_in("machine").status_code == 403


@pytest.mark.parametrize("groups", ["pl-admin", {"0": "pl-admin"}, None, ["pl-ez-999"], [["x"]]])
def test_groups_of_another_shape_give_what_they_say_and_no_more(
    anna: OidcBrowser, groups: object
) -> None:
    anna.server.twist = lambda claims: claims | {"groups": groups}
    # One group may come as a bare word (AD FS).
    assert anna.sign_in("kassel").status_code == (303 if groups == "pl-admin" else 403)


def test_groups_may_lie_deeper_in_the_token(doors: Doors, server: OidcServer) -> None:
    deep = plan(server, groups_claim="realm_access.roles")
    anna = OidcBrowser(make_app(doors.house, door_settings(oidc=deep)), server)
    server.twist = lambda claims: claims | {"realm_access": {"roles": ["pl-ez-123"]}}
    assert anna.sign_in("kassel").status_code == 303
    assert anna.client.get("/v1/agencies/123/items").status_code == 200


def test_where_lists_decide_a_clerk_is_found_by_a_hash_and_else_sees_nothing(
    doors: Doors, server: OidcServer
) -> None:
    policy = replace(doors.house.policy, rights=RightsPolicy(clerks_follow_lists=True))
    house = replace(doors.house, policy=policy)
    app = make_app(house, door_settings(oidc=plan(server)))
    anna_only = {account_hash(PSEUDONYM_KEY, "ANNA@x.example"): Reach(frozenset({"123"}), None)}
    app.state.scope._read = lambda: anna_only
    for person, status in (("kassel", 200), ("hamburg", 403)):
        browser = OidcBrowser(app, server)
        browser.sign_in(person)
        assert browser.client.get("/v1/agencies/123/items").status_code == status


def test_who_signed_in_before_the_lists_decided_signs_in_again(
    anna: OidcBrowser, doors: Doors
) -> None:
    admin = OidcBrowser(anna.app, anna.server)
    anna.sign_in("kassel")
    admin.sign_in("admin")
    policy = replace(doors.house.policy, rights=RightsPolicy(clerks_follow_lists=True))
    furnish(anna.app, replace(doors.house, policy=policy), door_settings(oidc=plan(anna.server)))
    assert anna.client.get("/v1/agencies/435/items").status_code == 401
    assert admin.client.get("/v1/admin/aside").status_code == 200
    anna.sign_in("kassel")
    assert anna.client.get("/v1/agencies/435/items").status_code == 403, "she stands on no list"


def changed(url: str, **values: str | None) -> str:
    said = {key: value[0] for key, value in parse_qs(urlsplit(url).query).items()}
    said = {k: v for k, v in (said | values).items() if v is not None}
    return f"{urlsplit(url).path}?" + "&".join(f"{k}={v}" for k, v in said.items())


@pytest.mark.parametrize("state", ["guessed", "", None, "ü"])
def test_a_wrong_state_lets_nobody_in(anna: OidcBrowser, state: str | None) -> None:
    url = anna.server.consent(anna.leave(), "kassel")
    assert refused(anna, anna.back(changed(url, state=state))) == "signin.state"


def test_a_sign_in_that_began_in_another_browser_lets_nobody_in(anna: OidcBrowser) -> None:
    """Login CSRF: the attacker's own code in the victim's browser."""
    attacker = OidcBrowser(anna.app, anna.server)
    url = attacker.server.consent(attacker.leave(), "hamburg")
    assert refused(anna, anna.back(url)) == "signin.state"


def test_a_sign_in_that_took_too_long_lets_nobody_in(anna: OidcBrowser, doors: Doors) -> None:
    url = anna.server.consent(anna.leave(), "kassel")
    doors.clock.forward(minutes=10)
    assert refused(anna, anna.back(url)) == "signin.state"


def test_a_code_is_good_once(anna: OidcBrowser) -> None:
    left = anna.leave()
    waiting = dict(anna.client.cookies)
    url = anna.server.consent(left, "kassel")
    assert anna.back(url).status_code == 303
    # Repeated: the browser has forgotten this sign-in; the thief has copied its cookie before.
    thief = OidcBrowser(anna.app, anna.server)
    assert refused(thief, thief.back(url)) == "signin.state"
    for name, value in waiting.items():
        thief.client.cookies.set(name, value)
    assert refused(thief, thief.back(url)) == "signin.code"


def test_a_stolen_code_is_worth_nothing_without_the_verifier(anna: OidcBrowser) -> None:
    stolen = parse_qs(urlsplit(anna.server.consent(anna.leave(), "kassel")).query)["code"][0]
    thief = OidcBrowser(anna.app, anna.server)
    own = thief.server.consent(thief.leave(), "hamburg")
    assert refused(thief, thief.back(changed(own, code=stolen))) == "signin.code"


@pytest.mark.parametrize("issuer", ["https://evil.example", "", None])
def test_an_answer_of_another_service_is_not_taken(anna: OidcBrowser, issuer: str | None) -> None:
    """Mix-up: RFC 9207."""
    url = anna.server.consent(anna.leave(), "kassel")
    assert refused(anna, anna.back(changed(url, iss=issuer))) == "signin.issuer"


@pytest.mark.parametrize("also", [(), ("localhost",)])
def test_metadata_leads_us_to_no_machine_off_the_list(
    anna: OidcBrowser, doors: Doors, also: tuple[str, ...]
) -> None:
    hosts, found = frozenset({"anmeldung.example", *also}), anna.app.state.provider
    anna.app.state.provider = Provider(replace(found.plan, hosts=hosts), doors.clock)
    if also:
        assert anna.sign_in("kassel").status_code == 303
    else:
        assert refused(anna, anna.client.get("/anmelden/dienstkennung")) == "signin.host"


def test_a_service_that_names_nobody_in_its_answers_is_taken_at_its_word(
    anna: OidcBrowser,
) -> None:
    anna.server.names_itself = False
    assert anna.sign_in("kassel").status_code == 303


def test_a_service_that_calls_itself_otherwise_is_not_asked(anna: OidcBrowser) -> None:
    anna.server.issuer_said = "https://evil.example"
    assert refused(anna, anna.client.get("/anmelden/dienstkennung")) == "signin.issuer"


def test_a_wrong_secret_of_this_house_is_no_fault_of_the_person(
    anna: OidcBrowser, doors: Doors
) -> None:
    found = anna.app.state.provider
    anna.app.state.provider = Provider(replace(found.plan, client_secret="old"), doors.clock)
    with capture_logs() as logs:
        assert refused(anna, anna.sign_in("kassel")) == "signin.client"
    assert {"event": "signin.failed", "code": "signin.client", "log_level": "warning"} in logs


def test_a_sign_in_that_can_not_begin_is_in_the_log_like_one_that_failed(
    anna: OidcBrowser,
) -> None:
    anna.server.issuer_said = "https://evil.example"
    with capture_logs() as logs:
        anna.client.get("/anmelden/dienstkennung")
    assert {"event": "signin.failed", "code": "signin.issuer", "log_level": "warning"} in logs


@pytest.mark.parametrize("error", ["access_denied", None])
@pytest.mark.parametrize("code", [None, ""])
def test_who_is_turned_down_there_is_told_so(
    anna: OidcBrowser, code: str | None, error: str | None
) -> None:
    url = changed(anna.server.consent(anna.leave(), "kassel"), code=code, error=error)
    assert refused(anna, anna.back(url)) == "signin.declined"


@pytest.mark.parametrize(
    "answer",
    [
        lambda said: (400, said),  # refused, whatever lies beside it
        lambda said: (200, {"access_token": said["access_token"]}),  # no scope "openid" there
        lambda said: (200, said | {"id_token": None}),
    ],
)
def test_an_answer_without_its_id_token_lets_nobody_in(
    anna: OidcBrowser, answer: Callable[[dict[str, Any]], tuple[int, dict[str, Any]]]
) -> None:
    anna.server.answer = answer
    assert refused(anna, anna.sign_in("kassel")) == "signin.code"


@pytest.mark.parametrize(
    "onward",
    [
        "https://evil.example/", "//evil.example", "/\\evil.example", "\\\\evil.example",
        "/%0d%0aSet-Cookie:x", "javascript:alert(1)", "https:evil.example", "/ü", "/a\nb",
        "/anmelden", "/abmelden", "evil.example", "", "/" + "a" * 600, "http:///evil.example",
        "///evil.example", "/\t/evil.example", "[::1",
        "http://[", "//[evil.example",
    ],
)  # fmt: skip
def test_next_leads_nowhere_else(anna: OidcBrowser, onward: str) -> None:
    found = flow.safe_next(onward)
    assert found == "/" or (found.startswith("/%0d") and "\r" not in found)
    assert anna.client.get("/anmelden", params={"weiter": onward}).status_code == 200
    answer = anna.back(anna.server.consent(anna.leave(), "kassel"))
    assert answer.headers["location"] == "/arbeitsplatz"


def test_the_session_before_sign_in_is_not_the_one_after(anna: OidcBrowser) -> None:
    """Fixation."""
    anna.client.cookies.set(COOKIE, "planted", domain="localhost.local", path="/")
    anna.sign_in("kassel")
    planted = anna.app.state.sessions.find("planted", is_deed=False)
    assert planted is None
    first = who(anna)
    numbers = {c.value for c in anna.client.cookies.jar if c.name == COOKIE}
    anna.sign_in("kassel")
    again = {c.value for c in anna.client.cookies.jar if c.name == COOKIE}
    assert first == who(anna)
    assert numbers - {"planted"} != again - {"planted"}


def test_nobody_is_let_in_by_the_click_of_the_demo(anna: OidcBrowser) -> None:
    assert anna.client.post("/anmelden", data={"seat": "admin"}).status_code == 403
    assert COOKIE not in anna.client.cookies


def test_demo_and_service_together_are_refused(server: OidcServer) -> None:
    with pytest.raises(Refused) as refused_:
        door_settings(oidc=plan(server), demo=True)
    assert refused_.value.code == "door.demo_and_oidc"
