"""Signing out, here and at the service; and machines with a token of it."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jwt

from api.app import furnish, make_app
from api.oidc import tokens
from tests.api.conftest import Doors
from tests.api.oidc_desk import (
    AUDIENCE,
    HERE,
    PEOPLE,
    OidcBrowser,
    anna,
    one_app,
    plan,
    server,
    service,
    who,
)
from tests.api.small_door import bearer, door_settings
from tests.servers.oidc import CLIENT, OidcServer

__all__ = ["anna", "one_app", "server", "service"]


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


def test_a_sign_out_of_nobody_is_none(anna: OidcBrowser) -> None:
    assert tell(anna, anna.server.logout_token()) == 400


def test_without_a_service_there_is_nothing_to_leave_for(doors: Doors) -> None:
    for path in ("/anmelden/dienstkennung", "/anmelden/zurueck", "/abgemeldet"):
        assert doors.nobody.get(path).status_code == 404
    assert doors.nobody.post("/oidc/abmelden", data={"logout_token": "x"}).status_code == 404


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
