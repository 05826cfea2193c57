"""Webhooks go to listed receivers only, signed, and follow nobody elsewhere."""

import socket
from datetime import timedelta
from pathlib import Path
from time import monotonic

import pytest

from outbox.webhook import WebhookOutlet
from rules import hook
from rules.errors import Refused, TryLater
from tests.servers import eakte_door
from tests.servers.authority import Authority
from tests.servers.hook_receiver import SECRET, Receiver

BODY = b'{"type":"item.closed"}'


def outlet(url: str, hosts: tuple[str, ...] = ("127.0.0.1",), **changes: object) -> WebhookOutlet:
    return WebhookOutlet(url, SECRET, hosts, **changes)


def test_the_receiver_finds_the_signature_right_and_the_body_whole(receiver: Receiver) -> None:
    assert outlet(receiver.url("/hook?room=1")).post("k-1", BODY) == "204"
    assert receiver.taken == [("k-1", BODY)]
    assert receiver.paths == ["/hook?room=1"]


def test_a_host_is_the_same_in_capitals(receiver: Receiver) -> None:
    url = receiver.url().replace("127.0.0.1", "LocalHost")
    assert outlet(url, ("LOCALHOST",)).post("k-1", BODY) == "204"


def test_another_secret_is_not_taken(receiver: Receiver) -> None:
    receiver.secret = "whsec_" + "A" * 44
    with pytest.raises(TryLater) as later:
        outlet(receiver.url()).post("k-1", BODY)
    assert later.value.code == "webhook.later"
    assert receiver.taken == []


def test_the_known_example_of_the_standard() -> None:
    """Source: Standard Webhooks, reference implementations' test vector."""
    secret = hook.secret_of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    found = hook.headers(
        secret,
        key="msg_p5jXN8AQM9LWM0D4loKWxJek",
        at_seconds=1614265330,
        body=b'{"test": 2432232314}',
    )
    assert found["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        (300, Refused, "webhook.redirect"),
        (301, Refused, "webhook.redirect"),
        (307, Refused, "webhook.redirect"),
        (410, Refused, "webhook.gone"),
        (400, TryLater, "webhook.later"),
        (503, TryLater, "webhook.later"),
    ],
)
def test_what_is_no_success_is_told_apart(
    receiver: Receiver, status: int, kind: type[Exception], code: str
) -> None:
    receiver.statuses = [status]
    with pytest.raises(kind) as caught:
        outlet(receiver.url()).post("k-1", BODY)
    assert caught.value.code == code
    assert receiver.paths == ["/hook"], "nobody followed it elsewhere"


def test_a_receiver_that_hangs_or_is_away_is_tried_later(receiver: Receiver) -> None:
    with pytest.raises(TryLater) as hangs:
        outlet(receiver.url("/hang"), timeout_seconds=0.1).post("k-1", BODY)
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}/"
        with pytest.raises(TryLater) as away:
            outlet(url).post("k-1", BODY)
    assert {hangs.value.code, away.value.code} == {"webhook.away"}


def test_a_receiver_that_sends_a_byte_now_and_then_is_cut_off(receiver: Receiver) -> None:
    """Each of its bytes comes in time, the whole of them never would."""
    began = monotonic()
    with pytest.raises(TryLater) as later:
        outlet(receiver.url("/drip"), timeout_seconds=0.2).post("k-1", BODY)
    assert later.value.code == "webhook.away"
    assert monotonic() - began < 3


def test_what_was_taken_stays_taken_when_the_line_breaks_in_the_answer(receiver: Receiver) -> None:
    receiver.statuses = [200]
    assert outlet(receiver.url("/half")).post("k-1", BODY) == "200"
    assert receiver.taken == [("k-1", BODY)]


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://sc.example/hook", "webhook.https"),
        ("https://other.example/hook", "webhook.host"),
        ("https://sc.example.other.example/hook", "webhook.host"),
        ("https://sc.example@other.example/hook", "webhook.url"),
        ("https://user:word@sc.example/hook", "webhook.url"),
        ("https://169.254.169.254/latest", "webhook.host"),
        ("file:///etc/passwd", "webhook.url"),
        ("https:///hook", "webhook.url"),
        ("https://sc.example:99999/", "webhook.url"),
        ("gopher://sc.example/", "webhook.url"),
        ("https://sc.example/hook#part", "webhook.url"),
    ],
)
def test_an_address_off_the_list_is_refused_before_anything_is_sent(url: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        outlet(url, ("sc.example",))
    assert refused.value.code == code


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "169.254.169.254",
        "224.0.0.1",
        "::",
        "fe80::1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
    ],
)
def test_a_listed_name_that_leads_to_this_machine_or_link_is_refused(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [(0, 0, 0, "", (address, 443))])
    with pytest.raises(Refused) as refused:
        outlet("https://sc.example/hook", ("sc.example",)).post("k-1", BODY)
    assert refused.value.code == "webhook.address"


def test_a_listed_name_is_called_at_the_address_that_was_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    called: list[object] = []

    def connect(where: object, **_: object) -> socket.socket:
        called.append(where)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [(0, 0, 0, "", ("10.1.2.3", 0))])
    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(TryLater):
        outlet("https://sc.example/hook", ("sc.example",)).post("k-1", BODY)
    assert called == [("10.1.2.3", 443)]


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_c2hvcnQ=", "whsec_no base64"])
def test_a_secret_that_protects_nothing_is_refused_and_not_repeated(secret: str) -> None:
    with pytest.raises(Refused) as refused:
        WebhookOutlet("https://sc.example/", secret, ("sc.example",))
    assert refused.value.code == "webhook.secret"
    assert not secret or secret not in refused.value.message.replace("whsec_ and", "")


@pytest.mark.parametrize("fault", ["of nobody we know", "for another name", "ended"])
def test_a_certificate_that_is_not_to_be_trusted_is_said_to_be_that(
    fault: str, tmp_path: Path
) -> None:
    authority = Authority(tmp_path)
    lasts = timedelta(days=-1 if fault == "ended" else 1)
    host = "receiver.example" if fault == "for another name" else "localhost"
    pair = authority.sign("server", host=host, lasts=lasts)
    with eakte_door.serving(authority, pair) as door:
        trusted = None if fault == "of nobody we know" else authority.cert
        with pytest.raises(TryLater) as caught:
            outlet(door.url, ("localhost",), ca_file=trusted).post("k-1", BODY)
    assert caught.value.code == "webhook.tls"
    assert (door.posts, door.paths) == (0, [])
