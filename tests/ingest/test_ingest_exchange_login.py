"""Logins beyond a password: NTLM while listening, Kerberos by a ticket, rights by the same gate."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from exchangelib import errors
from exchangelib.transport import AUTH_TYPE_MAP, GSSAPI
from requests.auth import HTTPBasicAuth

from ingest.exchange import fetch as exchange_fetch
from ingest.exchange.bell import ExchangeBell
from ingest.exchange.errors import translated
from ingest.exchange.postbox import ExchangePostbox
from ingest.exchange.rights import ExchangeRights
from ingest.exchange.wire import ExchangeAccount
from ingest.login_gate import LoginGate
from rules.errors import HouseError, Refused, TryLater
from tests.ingest.conftest import ExchangeCase
from tests.refusals import code_of
from tests.servers.exchange import TOKEN, ExchangeServer, Fault


@pytest.fixture
def ntlm(tmp_path, monkeypatch) -> Iterator[ExchangeAccount]:
    users = tmp_path / "users"
    users.write_text("DIENST:postlotse:geheim\n")
    monkeypatch.setenv("NTLM_USER_FILE", str(users))
    with ExchangeServer({}, ntlm=True) as server:
        server.add_mailbox("a@dienst.example", readers={"postlotse"})
        yield ExchangeAccount(
            server.url, "a@dienst.example", r"DIENST\postlotse", "geheim", ca_file=server.ca_file
        )
    assert server.violations == []


def hear(account: ExchangeAccount) -> None:
    """Listen until the first ring."""
    bell = ExchangeBell("a", account, gate=LoginGate())
    rings: list[int] = []

    def ring() -> None:
        rings.append(1)
        bell.hush()

    with pytest.raises(HouseError):  # the line that hush has cut
        bell.listen(ring)
    assert rings == [1]


def test_a_bell_listens_with_ntlm_too(ntlm: ExchangeAccount) -> None:
    hear(ntlm)


def test_a_bell_listens_with_a_token_too(exchange_case: ExchangeCase) -> None:
    server = exchange_case.server
    hear(replace(exchange_case.account, auth="oauth2", token_url=server.token_url, scope="ews"))


def test_a_bell_listens_to_a_mailbox_that_it_impersonates(exchange_case: ExchangeCase) -> None:
    server = exchange_case.server
    server.add_mailbox("fremd@dienst.example")
    account = replace(exchange_case.account, mailbox="fremd@dienst.example", access="impersonation")
    bell = ExchangeBell("a", account, gate=LoginGate())
    assert code_of(lambda: bell.listen(lambda: None)) == "postbox.no_right"
    server.impersonators.add("dienst")
    try:
        hear(account)
    finally:
        server.impersonators.clear()


def kerberos(case: ExchangeCase) -> ExchangeAccount:
    return replace(case.account, auth="kerberos", user="", password="")


def test_without_the_package_kerberos_is_refused_before_anything_is_sent(exchange_case) -> None:
    exchange_case.server.calls.clear()
    assert GSSAPI not in AUTH_TYPE_MAP, "the package is none of ours"
    box = ExchangePostbox("nord", kerberos(exchange_case))
    assert code_of(box.folders) == "postbox.no_kerberos"
    assert exchange_case.server.calls == []


@pytest.mark.parametrize("password", ["geheim-ä", "abgelaufen"])
def test_with_the_package_its_ticket_is_shown_and_a_refused_one_once(
    exchange_case, monkeypatch, password
) -> None:
    """The package stands in for itself only at the edge: it makes the header of a request."""
    shown = HTTPBasicAuth("dienst", password.encode("latin-1"))
    monkeypatch.setitem(AUTH_TYPE_MAP, GSSAPI, lambda: shown)
    exchange_case.server.logins.clear()
    box = ExchangePostbox("nord", kerberos(exchange_case))
    if password == "abgelaufen":
        for _ in range(3):
            assert code_of(box.folders) == "postbox.login_refused"
        assert exchange_case.server.logins == [False]
    else:
        assert box.folders() == ("INBOX",)
    box.close()


def test_the_look_at_rights_tries_a_wrong_password_once_with_the_postbox(exchange_case) -> None:
    exchange_case.server.logins.clear()
    gate, account = LoginGate(), replace(exchange_case.account, password="falsch")
    for _ in range(2):
        assert (
            code_of(ExchangeRights("nord", account, gate=gate).folders) == "postbox.login_refused"
        )
    assert code_of(ExchangePostbox("nord", account, gate=gate).folders) == "postbox.login_refused"
    assert exchange_case.server.logins == [False]


def test_the_look_at_rights_leaves_a_busy_server_alone(exchange_case) -> None:
    exchange_case.mailbox.faults.append(Fault("busy", times=5))
    exchange_case.server.calls.clear()
    assert code_of(ExchangeRights("nord", exchange_case.account).folders) == "postbox.busy"
    assert len(exchange_case.server.calls) == 1


def test_a_token_called_back_is_renewed_once_and_a_dead_secret_shuts_the_gate(
    exchange_case, monkeypatch
) -> None:
    server = exchange_case.server
    account = replace(exchange_case.account, auth="oauth2", token_url=server.token_url, scope="ews")
    box = ExchangePostbox("nord", account, gate=LoginGate())
    assert box.folders() == ("INBOX",)
    monkeypatch.setattr(server, "tokens", {})
    monkeypatch.setitem(server.users, "dienst", "neues-geheimnis")
    before, refused = server.tokens_given, server.tokens_refused
    for _ in range(4):
        assert code_of(box.folders) == "postbox.login_refused"
    assert (server.tokens_given - before, server.tokens_refused - refused) == (0, 1)
    assert TOKEN not in server.tokens
    box.close()


def test_two_faults_apart_cost_two_tries_and_no_mail(exchange_case, monkeypatch) -> None:
    """The line breaks while some mails are read, and again while others are."""
    monkeypatch.setattr(exchange_fetch, "_BATCH_MAILS", 10)
    mails = [b"Message-ID: <%d@x.example>\r\n\r\n%d\r\n" % (n, n) for n in range(50)]
    exchange_case.deliver(*mails)
    exchange_case.mailbox.faults += [
        Fault("drop_after", "GetItem", skip=1),
        Fault("truncate", "GetItem", skip=3),
    ]
    exchange_case.server.calls.clear()
    box = exchange_case.box
    view = box.view("INBOX")
    assert [one.data for one in box.fetch("INBOX", view.epoch, view.uids)] == mails
    assert exchange_case.server.calls.count("GetItem") == 5 + 2


@pytest.mark.parametrize(
    ("name", "kind", "told"),
    [
        ("ErrorServerBusy", TryLater, "busy"),
        ("ErrorExceededConnectionCount", TryLater, "busy"),
        ("ErrorTimeoutExpired", TryLater, "away"),
        ("ErrorMailboxStoreUnavailable", TryLater, "away"),
        ("ErrorMailboxMoveInProgress", TryLater, "away"),
        ("ErrorMailboxFailover", TryLater, "away"),
        ("ErrorCrossSiteRequest", TryLater, "away"),
        ("ErrorConnectionFailed", TryLater, "away"),
        ("ErrorProxyCallFailed", TryLater, "away"),
        ("ErrorSubscriptionNotFound", TryLater, "away"),
        ("ErrorExceededSubscriptionCount", TryLater, "busy"),
        ("ErrorInternalServerTransientError", TryLater, "away"),
        ("MalformedResponseError", TryLater, "answer_unclear"),
        ("UnauthorizedError", Refused, "login_refused"),
        ("ErrorAccessDenied", Refused, "no_right"),
        ("ErrorImpersonateUserDenied", Refused, "no_right"),
        ("ErrorNonExistentMailbox", Refused, "mailbox_missing"),
        ("ErrorFolderNotFound", Refused, "folder_missing"),
        ("ErrorSchemaValidation", Refused, "command_refused"),
    ],
)
def test_what_passes_and_what_stays_are_told_apart(name, kind, told) -> None:
    found = translated(getattr(errors, name)("der Text einer Mail"), "mail.dienst.example")
    assert (type(found), found.code) == (kind, f"postbox.{told}")
    assert "der Text einer Mail" not in str(found), "a reply may hold pieces of a mail"
