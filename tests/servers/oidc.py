"""A sign-in service (OpenID provider) of our own: small, and honest in what it checks.

It keeps to OpenID Connect Core, Discovery, PKCE (RFC 7636) and both kinds of logout as far as this
house uses them: a code is good once, for the client, the address and the verifier it was made for;
clients prove themselves; keys rotate. A test may twist what it hands out (`twist`), to play an
attacker or a careless service. It speaks TLS under an authority of its own.
"""

import base64
import json
import secrets
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qs, unquote_plus, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

from tests.servers.dovecot import make_certificate

CLIENT, SECRET = "postlotse", "client secret with : and %"
FORM = """<!doctype html><html lang="de"><title>Dienstkennung</title><main><h1>Dienstkennung</h1>
<form method="post"><label>Kennung <input name="person"></label><button>Anmelden</button></form>"""


@dataclass
class Person:
    """Somebody who can sign in."""

    subject: str
    groups: list[str]
    email: str = ""


@dataclass
class _Code:
    person: Person
    asked: dict[str, str]


@dataclass
class OidcServer:
    """The service, running. `now` is the clock of the tests, so that times agree."""

    folder: Path
    now: Callable[[], datetime]
    people: dict[str, Person] = field(default_factory=dict)
    keys: list[RSAKey] = field(default_factory=list)
    codes: dict[str, _Code] = field(default_factory=dict)
    twist: Callable[[dict[str, Any]], dict[str, Any] | str] = lambda claims: claims
    answer: Callable[[dict[str, Any]], tuple[int, dict[str, Any]]] = lambda said: (200, said)
    issuer_said: str = ""
    is_up: bool = True
    hung: int = 0
    keys_asked: int = 0
    turned_away: int = 0
    names_itself: bool = True
    auth_methods: tuple[str, ...] = ("client_secret_basic",)
    _goes_on: threading.Event = field(default_factory=threading.Event)

    def start(self) -> Self:
        """Raises nothing: the port is a free one."""
        make_certificate(self.folder)
        self._goes_on.set()
        self.ca_file = self.folder / "cert.pem"
        self.rotate()
        server = self

        class Handler(_Handler):
            service = server

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.ca_file, self.folder / "key.pem")
        self._http.socket = context.wrap_socket(self._http.socket, server_side=True)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()
        self.issuer = f"https://localhost:{self._http.server_port}/realm"
        return self

    @contextmanager
    def hanging(self) -> Iterator[None]:
        """Meanwhile nothing that is read is answered; `hung` says how often. Then all is."""
        self.hung = 0
        self._goes_on.clear()
        try:
            yield
        finally:
            self._goes_on.set()

    def stop(self) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def rotate(self) -> None:
        """A new key signs; the one before stays in the list."""
        number = f"key-{len(self.keys)}"
        self.keys.append(RSAKey.generate_key(2048, {"kid": number, "use": "sig"}))

    def token(self, claims: dict[str, Any], *, kind: str = "JWT", key: RSAKey | None = None) -> str:
        key = key or self.keys[-1]
        return jwt.encode({"alg": "RS256", "kid": key.kid, "typ": kind}, claims, key)

    def claims(self, subject: str, **more: Any) -> dict[str, Any]:
        at = int(self.now().timestamp())
        base = {"iss": self.issuer, "aud": CLIENT, "sub": subject, "iat": at, "exp": at + 300}
        return base | more

    def logout_token(self, subject: str = "", session: str = "", **more: Any) -> str:
        event = "http://schemas.openid.net/event/backchannel-logout"
        claims = self.claims(subject, jti=secrets.token_hex(8), events={event: {}})
        claims |= {"sid": session} if session else {}
        if not subject:
            del claims["sub"]
        return self.token(claims | more, kind="logout+jwt")

    def metadata(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer_said or self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "end_session_endpoint": f"{self.issuer}/logout",
            "token_endpoint_auth_methods_supported": list(self.auth_methods),
            "authorization_response_iss_parameter_supported": self.names_itself,
        }

    def consent(self, url: str, person: str) -> str:
        """What a browser does: open the address, type, send; where it is sent back to."""
        asked = {key: value[0] for key, value in parse_qs(urlsplit(url).query).items()}
        return self.signed_in(asked, self.people[person])

    def signed_in(self, asked: dict[str, str], person: Person) -> str:
        assert asked["response_type"] == "code"
        assert asked["client_id"] == CLIENT
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(16)
        self.codes[code] = _Code(person, asked)
        said = {"code": code, "state": asked["state"]}
        said |= {"iss": self.issuer} if self.names_itself else {}
        return f"{asked['redirect_uri']}?{urlencode(said)}"

    def redeem(self, form: dict[str, str], basic: str) -> tuple[int, dict[str, Any]]:
        if not self._is_client(form, basic):
            return 401, {"error": "invalid_client"}
        found = self.codes.pop(form.get("code", ""), None)
        verifier = sha256(form.get("code_verifier", "").encode()).digest()
        proof = base64.urlsafe_b64encode(verifier).decode().rstrip("=")
        if (
            found is None
            or form.get("grant_type") != "authorization_code"
            or form.get("redirect_uri") != found.asked["redirect_uri"]
            or proof != found.asked["code_challenge"]
        ):
            return 400, {"error": "invalid_grant"}
        person = found.person
        claims = self.claims(
            person.subject, nonce=found.asked["nonce"], groups=person.groups, sid="there-1"
        )
        claims |= {"email": person.email} if person.email else {}
        twisted = self.twist(claims)
        made = twisted if isinstance(twisted, str) else self.token(twisted)
        return self.answer({"access_token": "unused", "token_type": "Bearer", "id_token": made})

    def _is_client(self, form: dict[str, str], basic: str) -> bool:
        if "client_secret_post" in self.auth_methods:
            return (form.get("client_id"), form.get("client_secret")) == (CLIENT, SECRET)
        pair = base64.b64decode(basic.removeprefix("Basic ")).decode().split(":")
        return [unquote_plus(word) for word in pair] == [CLIENT, SECRET]


class _Handler(BaseHTTPRequestHandler):
    service: OidcServer
    timeout = 5

    def do_GET(self) -> None:
        path = urlsplit(self.path).path.removeprefix("/realm")
        if not self.service._goes_on.is_set():
            self.service.hung += 1
            self.service._goes_on.wait()
        if not self.service.is_up:
            self.service.turned_away += 1
            self._json(503, {})
        elif path == "/.well-known/openid-configuration":
            self._json(200, self.service.metadata())
        elif path == "/keys":
            self.service.keys_asked += 1
            listed = [key.as_dict(private=False) for key in self.service.keys]
            self._json(200, {"keys": listed})
        elif path == "/authorize":
            self._send(200, FORM.encode(), "text/html")
        elif path == "/logout":
            self._send(200, b"signed out", "text/plain")
        else:
            self._json(404, {})

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        form = {k: v[0] for k, v in parse_qs(self.rfile.read(length).decode()).items()}
        if urlsplit(self.path).path.endswith("/token"):
            self._json(*self.service.redeem(form, self.headers.get("Authorization", "")))
            return
        self.send_response(302)
        url = f"https://localhost{self.path}"
        self.send_header("Location", self.service.consent(url, form["person"]))
        self.end_headers()

    def _json(self, status: int, body: dict[str, Any]) -> None:
        self._send(status, json.dumps(body).encode(), "application/json")

    def _send(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Tests read no lines."""
