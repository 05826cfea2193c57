"""People sign in by a sign-in service that speaks OpenID Connect, and attackers don't."""

import hmac
import json
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi import FastAPI
from joserfc import jwt
from joserfc.jwk import RSAKey
from structlog.testing import capture_logs

from api.app import furnish, make_app
from api.oidc import flow, provider, tokens
from api.oidc.names import account_hash, pseudonym
from api.oidc.provider import Provider
from api.session import COOKIE
from rules.errors import Refused, TryLater, Unreadable
from rules.rights.list_access import Reach
from tests.api.conftest import Doors
from tests.api.oidc_desk import (
    AUDIENCE,
    HERE,
    PEOPLE,
    PSEUDONYM_KEY,
    OidcBrowser,
    plan,
)
from tests.api.small_door import ClockHouse, bearer, door_settings
from tests.servers.oidc import CLIENT, OidcServer
from triage.house import RightsPolicy


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OidcServer]:
    server = OidcServer(tmp_path_factory.mktemp("oidc"), now=lambda: None)
    yield server.start()
    server.stop()


@pytest.fixture
def server(service: OidcServer, doors: Doors) -> Iterator[OidcServer]:
    """The service with the clock of this test's house, careful as long as no test twists it."""
    service.now = doors.clock
    service.people = dict(PEOPLE)
    yield service
    service.twist, service.issuer_said, service.is_up = (lambda claims: claims), "", True
    service.names_itself, service.auth_methods = True, ("client_secret_basic",)
    service.answer = lambda said: (200, said)
    del service.keys[1:]
    service.codes.clear()


@pytest.fixture(scope="module")
def one_app() -> FastAPI:
    """Making an app's routes takes longer than any of these tests; what is behind them is fresh."""
    return make_app(ClockHouse(), door_settings())


@pytest.fixture
def anna(one_app: FastAPI, doors: Doors, server: OidcServer) -> OidcBrowser:
    furnish(one_app, doors.house, door_settings(oidc=plan(server)))
    return OidcBrowser(one_app, server)


def who(browser: OidcBrowser) -> str:
    """The pseudonym of who is signed in, or nothing."""
    found = browser.app.state.sessions.find(browser.client.cookies.get(COOKIE, ""), is_deed=False)
    return found.caller.name if found else ""


# --- The way that is meant ----------------------------------------------------------------------


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


# --- Groups -------------------------------------------------------------------------------------


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


# --- Attacks on the way back --------------------------------------------------------------------


def refused(browser: OidcBrowser, answer: Any) -> str:
    """The code on the page of an attempt that let nobody in."""
    assert answer.status_code >= 400
    assert COOKIE not in browser.client.cookies
    text: str = answer.text
    return text.partition('class="mono">')[2].partition("<")[0]


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


# --- Attacks on the token -----------------------------------------------------------------------


def public_pem(server: OidcServer) -> bytes:
    return server.keys[-1].as_pem(private=False)


def unsigned(_: OidcServer, claims: dict[str, Any]) -> str:
    head = _b64(json.dumps({"alg": "none", "kid": "key-0"}).encode())
    return f"{head}.{_b64(json.dumps(claims).encode())}."


def signed_by_public_key(server: OidcServer, claims: dict[str, Any]) -> str:
    """By hand: the library refuses to do it."""
    head = _b64(json.dumps({"alg": "HS256", "kid": "key-0"}).encode())
    said = f"{head}.{_b64(json.dumps(claims).encode())}"
    return f"{said}.{_b64(hmac.digest(public_pem(server), said.encode(), 'sha256'))}"


def _b64(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")


STRANGER = RSAKey.generate_key(2048, {"kid": "key-0"})
Forge = Callable[[OidcServer, dict[str, Any]], dict[str, Any] | str]

FORGED: dict[str, tuple[Forge, str]] = {
    "wrong nonce": (lambda s, c: c | {"nonce": "another"}, "nonce"),
    "no nonce": (lambda s, c: {k: v for k, v in c.items() if k != "nonce"}, "nonce"),
    "algorithm none": (unsigned, "algorithm"),
    "HS256 with the public key": (signed_by_public_key, "algorithm"),
    "signed by a stranger": (lambda s, c: s.token(c, key=STRANGER), "signature"),
    "unknown key": (
        lambda s, c: s.token(c, key=RSAKey.generate_key(2048, {"kid": "none of ours"})),
        "key",
    ),
    "signature cut off": (lambda s, c: s.token(c).rpartition(".")[0] + ".", "signature"),
    "claims changed": (
        lambda s, c: ".".join(
            [s.token(c).split(".")[0], _b64(json.dumps(c | {"sub": "boss"}).encode()),
             s.token(c).split(".")[2]]
        ),
        "signature",
    ),
    "no token": (lambda s, c: "rubbish", "signature"),
    "too long": (lambda s, c: s.token(c | {"x": "y" * 40_000}), "form"),
    "expired": (lambda s, c: c | {"exp": c["iat"] - 61}, "time"),
    "no end": (lambda s, c: {k: v for k, v in c.items() if k != "exp"}, "time"),
    "from the future": (lambda s, c: c | {"iat": c["iat"] + 120}, "time"),
    "not yet": (lambda s, c: c | {"nbf": c["iat"] + 120}, "time"),
    "an old one": (lambda s, c: c | {"iat": c["iat"] - 700}, "time"),
    "time as word": (lambda s, c: c | {"exp": "tomorrow"}, "time"),
    "other audience": (lambda s, c: c | {"aud": "payroll"}, "audience"),
    "audience like ours": (lambda s, c: c | {"aud": [f"{CLIENT}2", "x"]}, "audience"),
    "of another client": (lambda s, c: c | {"aud": [CLIENT, "payroll"], "azp": "payroll"}, "party"),
    "many audiences, no party": (lambda s, c: c | {"aud": [CLIENT, "payroll"]}, "party"),
    "other issuer": (lambda s, c: c | {"iss": "https://evil.example"}, "issuer"),
    "issuer with a slash": (lambda s, c: c | {"iss": c["iss"] + "/"}, "issuer"),
    "nobody": (lambda s, c: c | {"sub": ""}, "subject"),
    "too long a name": (lambda s, c: c | {"sub": "s" * 256}, "subject"),
    "no subject": (lambda s, c: {k: v for k, v in c.items() if k != "sub"}, "subject"),
    "an access token": (lambda s, c: s.token(c, kind="at+jwt"), "kind"),
    "a logout token": (lambda s, c: s.token(c, kind="logout+jwt"), "kind"),
}  # fmt: skip


@pytest.mark.parametrize("forged", list(FORGED))
def test_a_forged_token_lets_nobody_in(anna: OidcBrowser, forged: str) -> None:
    forge, code = FORGED[forged]
    anna.server.twist = lambda claims: forge(anna.server, claims)
    assert refused(anna, anna.sign_in("kassel")) == f"auth.token_{code}"


def test_a_small_difference_of_clocks_is_borne(anna: OidcBrowser) -> None:
    anna.server.twist = lambda c: c | {"iat": c["iat"] + 50, "exp": c["iat"] - 50}
    assert anna.sign_in("kassel").status_code == 303


def test_a_service_that_names_its_one_audience_in_a_list_is_understood(anna: OidcBrowser) -> None:
    """Source: RFC 7519 section 4.1.3; `azp` is needed beside several only (Core 3.1.3.7)."""
    anna.server.twist = lambda c: {k: v for k, v in c.items() if k != "azp"} | {"aud": [CLIENT]}
    assert anna.sign_in("kassel").status_code == 303


def test_a_page_about_a_forged_token_repeats_nothing_of_it(anna: OidcBrowser) -> None:
    anna.server.twist = lambda c: c | {"iss": "<script>evil"}
    assert "evil" not in anna.sign_in("kassel").text


# --- Keys and metadata --------------------------------------------------------------------------


def test_a_rotated_key_is_found_at_once_and_strangers_make_no_flood(
    anna: OidcBrowser, doors: Doors
) -> None:
    assert anna.sign_in("kassel").status_code == 303
    asked = anna.server.keys_asked
    anna.server.rotate()
    doors.clock.forward(seconds=31)
    assert anna.sign_in("kassel").status_code == 303
    assert anna.server.keys_asked == asked + 1
    anna.server.twist = lambda c: anna.server.token(c, key=RSAKey.generate_key(2048, {"kid": "x"}))
    for _ in range(5):
        assert anna.sign_in("kassel").status_code == 401
    assert anna.server.keys_asked == asked + 1


def test_a_key_that_was_withdrawn_is_forgotten_within_the_hour(
    anna: OidcBrowser, doors: Doors
) -> None:
    anna.sign_in("kassel")
    old = anna.server.keys[0]
    anna.server.rotate()
    anna.server.keys.remove(old)
    anna.server.twist = lambda c: anna.server.token(c, key=old)
    doors.clock.forward(minutes=61)
    try:
        answer = OidcBrowser(anna.app, anna.server).sign_in("kassel")
        assert answer.status_code == 401
    finally:
        anna.server.keys[:] = [old]


def test_a_new_key_of_a_service_that_is_away_is_no_forgery(anna: OidcBrowser, doors: Doors) -> None:
    anna.sign_in("kassel")
    url = anna.server.consent(anna.leave(), "kassel")
    anna.server.rotate()
    doors.clock.forward(seconds=31)
    anna.server.is_up = False
    assert anna.back(url).status_code == 503


def test_what_the_service_says_of_itself_is_asked_anew_within_the_hour(
    anna: OidcBrowser, doors: Doors
) -> None:
    anna.sign_in("kassel")
    anna.server.auth_methods = ("client_secret_post",)
    doors.clock.forward(minutes=61)
    assert anna.sign_in("kassel").status_code == 303


def test_known_keys_serve_on_while_the_service_is_away(anna: OidcBrowser, doors: Doors) -> None:
    anna.sign_in("kassel")
    known: Provider = anna.app.state.provider
    doors.clock.forward(hours=2)
    anna.server.is_up = False
    assert known.key("key-0")
    assert known.metadata().token


def test_a_service_that_is_away_is_told_calmly(anna: OidcBrowser) -> None:
    anna.server.is_up = False
    answer = anna.client.get("/anmelden/dienstkennung")
    assert answer.status_code == 503
    assert "Anmeldedienst antwortet nicht" in answer.text


def test_a_certificate_of_another_authority_is_not_taken(doors: Doors, server: OidcServer) -> None:
    other = plan(server, ca_file=None)
    with pytest.raises(TryLater) as away:
        Provider(other, doors.clock).metadata()
    assert away.value.code == "signin.away"


@pytest.mark.parametrize(
    "said",
    [
        {"jwks_uri": "http://localhost/keys"},
        {"token_endpoint": None},
        {"authorization_endpoint": 7},
    ],
)
def test_metadata_that_leads_off_https_is_refused(server: OidcServer, said: dict[str, Any]) -> None:
    with pytest.raises(Unreadable):
        provider.read_metadata(server.metadata() | said, server.issuer)


@pytest.mark.parametrize(
    "key",
    [
        {"kty": "oct", "k": "c2VjcmV0", "kid": "x"},
        STRANGER.as_dict(private=True),
        STRANGER.as_dict(private=False) | {"use": "enc"},
        STRANGER.as_dict(private=False) | {"n": _b64(b"\xff" * 128)},
        {"kty": "RSA", "kid": "broken"},
        "no key",
    ],
)  # fmt: skip
def test_keys_that_prove_nothing_are_passed_over(key: object) -> None:
    assert provider._usable({"keys": [key]}) == {}


# --- Signing out --------------------------------------------------------------------------------


def test_sign_out_ends_the_session_here_and_offers_it_there(anna: OidcBrowser) -> None:
    anna.sign_in("kassel")
    anna.desk.open("/arbeitsplatz")
    anna.desk.send("abmelden")
    assert anna.desk.url == "/abgemeldet"
    assert who(anna) == ""
    answer = anna.client.get("/abgemeldet/dienstkennung")
    url = answer.headers["location"]
    assert url.startswith(f"{anna.server.issuer}/logout?")
    assert parse_qs(urlsplit(url).query)["post_logout_redirect_uri"] == [f"{HERE}/abgemeldet"]


def test_one_is_signed_out_here_also_while_the_service_is_away(anna: OidcBrowser) -> None:
    anna.sign_in("kassel")
    anna.desk.open("/arbeitsplatz")
    furnish(anna.app, anna.app.state.house, anna.app.state.door)
    anna.server.is_up = False
    anna.desk.send("abmelden")
    assert (anna.desk.answer.status_code, who(anna)) == (200, "")


def test_a_sign_out_without_the_forms_token_does_nothing(anna: OidcBrowser) -> None:
    anna.sign_in("kassel")
    assert anna.client.post("/abmelden").status_code == 403
    assert who(anna)


def tell(browser: OidcBrowser, token: str) -> int:
    answer = browser.client.post("/oidc/abmelden", data={"logout_token": token})
    assert answer.headers["cache-control"] == "no-store"
    return answer.status_code


@pytest.mark.parametrize("names", ["person", "session", "both"])
def test_a_sign_out_at_the_service_ends_the_session_here(anna: OidcBrowser, names: str) -> None:
    anna.sign_in("kassel")
    other = OidcBrowser(anna.app, anna.server)
    anna.server.twist = lambda c: c | {"sid": "there-2"}
    other.sign_in("hamburg")
    subject = "" if names == "session" else PEOPLE["kassel"].subject
    session = "" if names == "person" else "there-1"
    assert tell(other, anna.server.logout_token(subject, session)) == 200
    assert who(anna) == ""
    assert who(other)


def test_a_session_that_the_service_did_not_number_ends_with_its_person(anna: OidcBrowser) -> None:
    anna.server.twist = lambda c: {name: value for name, value in c.items() if name != "sid"}
    anna.sign_in("kassel")
    other = OidcBrowser(anna.app, anna.server)
    other.sign_in("hamburg")
    assert tell(other, anna.server.logout_token(PEOPLE["kassel"].subject, "there-9")) == 200
    assert (who(anna), bool(who(other))) == ("", True)


LOGOUT_FORGED: dict[str, dict[str, Any]] = {
    "an ID token": {"nonce": "n"},
    "no event": {"events": {}},
    "event as word": {"events": "http://schemas.openid.net/event/backchannel-logout"},
    "other audience": {"aud": "payroll"},
    "other issuer": {"iss": "https://evil.example"},
    "old": {"iat": 1_700_000_000},
    "over": {"exp": 1_700_000_000},
    "nobody": {"sub": 7},
}


@pytest.mark.parametrize("forged", list(LOGOUT_FORGED))
def test_a_forged_sign_out_ends_nothing(anna: OidcBrowser, forged: str) -> None:
    anna.sign_in("kassel")
    token = anna.server.logout_token(PEOPLE["kassel"].subject, **LOGOUT_FORGED[forged])
    assert tell(anna, token) == 400
    assert who(anna)


def test_without_a_service_there_is_nothing_to_leave_for(doors: Doors) -> None:
    for path in ("/anmelden/dienstkennung", "/anmelden/zurueck", "/abgemeldet"):
        assert doors.nobody.get(path).status_code == 404
    assert doors.nobody.post("/oidc/abmelden", data={"logout_token": "x"}).status_code == 404


# --- Tokens of machines -------------------------------------------------------------------------


def machine_token(server: OidcServer, **more: Any) -> str:
    claims = server.claims("m-1", aud=AUDIENCE, client_id="sc-robot", groups=["pl-maschinen"])
    return server.token(claims | more, kind="at+jwt")


def test_a_machine_comes_in_with_a_token_of_the_service(anna: OidcBrowser) -> None:
    answer = anna.client.get("/v1/texts", headers=bearer(machine_token(anna.server)))
    assert answer.status_code == 200
    figures = anna.client.get("/v1/admin/figures", headers=bearer(machine_token(anna.server)))
    assert figures.status_code == 403


@pytest.mark.parametrize(
    ("more", "name"),
    [
        ({}, "client:sc-robot"),
        ({"client_id": "", "azp": "az-robot"}, "client:az-robot"),
        ({"client_id": ["x"]}, "client:m-1"),
    ],
)
def test_a_machine_goes_by_the_name_of_its_client(
    anna: OidcBrowser, doors: Doors, more: dict[str, Any], name: str
) -> None:
    caller = tokens.machine_of(doors.house, anna.app.state.provider)
    assert caller is not None
    assert caller(machine_token(anna.server, **more)).name == name


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"aud": CLIENT}, 401),
        ({"groups": ["pl-ez-435"]}, 403),
        ({"groups": []}, 403),
        ({"exp": 1_700_000_000}, 401),
        ({"nonce": "n"}, 401),
        ({"events": {"http://schemas.openid.net/event/backchannel-logout": {}}}, 401),
        ({"client_id": "", "sub": ""}, 401),
    ],
)
def test_a_token_that_is_not_for_machines_here_opens_nothing(
    anna: OidcBrowser, more: dict[str, Any], status: int
) -> None:
    token = machine_token(anna.server, **more)
    assert anna.client.get("/v1/texts", headers=bearer(token)).status_code == status


def test_tokens_open_nothing_where_the_house_takes_none(doors: Doors, server: OidcServer) -> None:
    app = make_app(doors.house, door_settings(oidc=plan(server, api_audience="")))
    token = machine_token(server)
    answer = OidcBrowser(app, server).client.get("/v1/texts", headers=bearer(token))
    assert (answer.status_code, answer.json()["code"]) == (401, "auth.key_wrong")


def test_a_token_can_be_checked_by_another_library_call_too(server: OidcServer) -> None:
    """The double signs what it says: else all of the above would prove nothing."""
    token = server.token(server.claims("s"))
    assert jwt.decode(token, server.keys[-1], algorithms=["RS256"]).claims["sub"] == "s"


def test_the_double_gives_no_token_to_another_client(anna: OidcBrowser) -> None:
    anna.leave()
    status, _ = anna.server.redeem({"grant_type": "authorization_code"}, "Basic eDp5")
    assert status == 401


def test_nobody_is_let_in_by_the_click_of_the_demo(anna: OidcBrowser) -> None:
    assert anna.client.post("/anmelden", data={"seat": "admin"}).status_code == 403
    assert COOKIE not in anna.client.cookies


def test_demo_and_service_together_are_refused(server: OidcServer) -> None:
    with pytest.raises(Refused) as refused_:
        door_settings(oidc=plan(server), demo=True)
    assert refused_.value.code == "door.demo_and_oidc"
