"""A forged token lets nobody in, and keys are those that the sign-in service has now."""

import hmac
import json
import sys
import threading
from base64 import urlsafe_b64encode
from collections.abc import Callable
from typing import Any

import pytest
from joserfc.jwk import RSAKey

from api.oidc import provider, tokens
from api.oidc.provider import Provider
from rules.errors import TryLater, Unreadable
from tests import waiting
from tests.api.conftest import Doors
from tests.api.oidc_desk import (
    OidcBrowser,
    anna,
    one_app,
    plan,
    refused,
    server,
    service,
)
from tests.servers.oidc import CLIENT, OidcServer

__all__ = ["anna", "one_app", "server", "service"]


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


@pytest.mark.parametrize("path", ["groups", "groups.roles", "nobody.groups", "groups.roles.deeper"])
def test_groups_that_do_not_stand_where_they_should_are_none(path: str) -> None:
    assert tokens.groups_of({"groups": {"roles": 7}, "nobody": None}, path) == ()


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


def test_a_service_that_is_away_is_not_waited_for_at_each_token(
    anna: OidcBrowser, doors: Doors
) -> None:
    anna.sign_in("kassel")
    known: Provider = anna.app.state.provider
    doors.clock.forward(hours=2)
    anna.server.is_up = False
    asked = anna.server.turned_away
    for _ in range(3):
        assert known.key("key-0")
        assert known.metadata().token
    first = anna.server.turned_away - asked
    doors.clock.forward(seconds=31)
    assert known.key("key-0")
    assert (first, anna.server.turned_away - asked) == (2, 4), "metadata and keys, once in 30 s"


def test_while_the_service_hangs_nobody_waits_for_what_is_known(
    doors: Doors, server: OidcServer
) -> None:
    known = Provider(plan(server, timeout_seconds=60), doors.clock)
    assert known.key("key-0")
    doors.clock.forward(hours=2)
    with server.hanging():
        asker = threading.Thread(target=known.metadata)
        asker.start()
        waiting.until(lambda: server.hung == 1)
        assert known.key("key-0")
        assert known.metadata().token
        assert asker.is_alive(), "it hangs still"
    asker.join()
    assert server.hung == 1


def test_who_waited_for_an_answer_that_did_not_come_does_not_ask_again(
    doors: Doors, server: OidcServer
) -> None:
    unknown = Provider(plan(server, timeout_seconds=60), doors.clock)
    codes, before = [], server.turned_away

    def ask() -> None:
        try:
            unknown.metadata()
        except TryLater as away:
            codes.append(away.code)

    askers = [threading.Thread(target=ask) for _ in range(4)]
    with server.hanging():
        for one in askers:
            one.start()
        waiting.until(lambda: server.hung == 1)
        waiting.until(lambda: sum(map(waits_its_turn, askers)) == 3)
        server.is_up = False
    for one in askers:
        one.join()
    assert (codes, server.turned_away - before) == (["signin.away"] * 4, 1)
    server.is_up = True
    assert unknown.metadata().token, "who comes later asks anew"


def waits_its_turn(asker: threading.Thread) -> bool:
    frame = sys._current_frames().get(asker.ident or 0)
    return frame is not None and frame.f_code.co_name == "_turn"


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
