"""Whoever sends us on to another host gets no login, no secret and no request of ours."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from ingest.exchange.bell import ExchangeBell
from ingest.exchange.postbox import ExchangePostbox
from ingest.login_gate import LoginGate
from rules.errors import TryLater
from tests.ingest.conftest import ExchangeCase
from tests.servers.exchange import Fault


@pytest.fixture(scope="module")
def stranger() -> Iterator[HTTPServer]:
    """A host that nobody configured, without TLS; `heard` is what it was asked."""

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            size = int(self.headers["Content-Length"] or 0)
            server.heard.append((dict(self.headers), self.rfile.read(size)))
            self.send_error(404)

        def do_GET(self) -> None:
            self.do_POST()

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = HTTPServer(("127.0.0.1", 0), Answer)
    server.heard = []
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def refusal(call) -> TryLater:
    with pytest.raises(TryLater) as caught:
        call()
    return caught.value


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("whose", ["endpoint", "token service"])
def test_a_login_never_goes_to_a_host_that_is_not_configured(
    exchange_case: ExchangeCase, stranger, status, whose
):
    server, gate = exchange_case.server, LoginGate()
    url = f"http://127.0.0.1:{stranger.server_port}/EWS/Exchange.asmx"
    fault = Fault("http", status=status, times=9, headers={"Location": url, "Connection": "close"})
    account = exchange_case.account
    if whose == "token service":
        server.token_faults.append(fault)
        account = replace(account, auth="oauth2", token_url=server.token_url, scope="ews")
    else:
        exchange_case.mailbox.faults.append(fault)
    box = ExchangePostbox("nord", account, gate=gate)
    calls = [box.folders, lambda: ExchangeBell("nord", account, gate=gate).listen(lambda: None)]
    for call in calls:
        exc = refusal(call)
        assert (exc.code, exc.details["target"]) == ("postbox.redirected", "127.0.0.1")
        assert "127.0.0.1" in exc.message
    assert stranger.heard == []
    server.token_faults.clear()
    exchange_case.mailbox.faults.clear()
    assert box.folders() == ("INBOX",), "no gate is shut: the login was not refused"
    box.close()


@pytest.mark.parametrize("location", ["/owa/auth/logon.aspx", "", "https://[", "//"])
def test_a_redirect_that_names_no_host_is_told_as_well(exchange_case, location):
    headers = {"Location": location} if location else {}
    exchange_case.mailbox.faults.append(Fault("http", status=302, headers=headers))
    exc = refusal(exchange_case.box.folders)
    assert (exc.code, exc.details["target"]) == ("postbox.redirected", "")


@pytest.mark.parametrize("code", ["ErrorMailboxMoveInProgress", "ErrorMailboxFailover"])
def test_a_mailbox_that_is_being_moved_says_so(exchange_case, code):
    exchange_case.mailbox.faults.append(Fault("item", "SyncFolderItems", times=2, code=code))
    exc = refusal(lambda: exchange_case.box.view("INBOX"))
    assert exc.code == "postbox.away"
    assert "is being moved" in exc.message
    assert exchange_case.box.view("INBOX").uids == ()
