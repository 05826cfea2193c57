"""Authentication-Results as servers write them, and as somebody writes them to be believed."""

import sys
from collections.abc import Callable
from types import FrameType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import origin
from rules.authentication import Claim, Method, Outcome, Stamp, checked

OURS = frozenset({"mx.haus.example"})
P, F, U, N, X = Outcome.PASS, Outcome.FAIL, Outcome.UNSURE, Outcome.NONE, Outcome.UNTOLD


def mail(*fields: str) -> bytes:
    return "\r\n".join([*fields, "From: a@post.example", "", "Text"]).encode()


def outcomes(*fields: str) -> tuple[Outcome, Outcome, Outcome]:
    found = checked(origin.read(mail(*fields)).stamps, OURS)
    return found.spf, found.dkim, found.dmarc


def ours(rest: str) -> str:
    return f"Authentication-Results: mx.haus.example; {rest}"


@pytest.mark.parametrize(
    ("rest", "result"),
    [
        ("spf=pass smtp.mailfrom=post.example", (P, X, X)),
        ("dkim=pass header.d=post.example; spf=fail; dmarc=none", (F, P, N)),
        ("none", (X, X, X)),
        ('dkim=fail reason="key; dkim=pass" header.d=a.example', (X, F, X)),
        ("dkim=fail (was dkim=pass; dmarc=pass) header.d=a.example", (X, F, X)),
        ("dkim=fail (a (nested; dmarc=pass) \\) one; dmarc=pass) header.i=@a.example", (X, F, X)),
        ('spf=fail smtp.mailfrom="x; dmarc=pass"@evil.example', (F, X, X)),
        ('spf=fail smtp.mailfrom="x\\"; dmarc=pass"@evil.example', (F, X, X)),
        ("spf=fail smtp.mailfrom=dmarc=pass@evil.example; dmarc=fail", (F, X, F)),
        ("spf=fail smtp.mailfrom=b+k=post.example@list.example", (F, X, X)),
        ("spf=fail dmarc=pass", (F, X, X)),
        ("DKIM/1 = PASS  header . d = post.example", (X, P, X)),
        ("dkim/2=pass header.d=post.example", (X, X, X)),
        ("spf=softfail; dmarc=bestguesspass", (U, X, U)),
        ("spf=hardfail", (F, X, X)),
        ("dmarc=pass; dmarc=fail", (X, X, U)),
        ("dkim=fail header.d=list.example; dkim=pass header.d=post.example", (X, P, X)),
        ("x-own=pass; auth=pass; iprev=fail; arc=pass", (X, X, X)),
        ("dkim=pass (never closed; dmarc=pass", (X, P, X)),
        ('spf=fail smtp.mailfrom="never closed; dmarc=pass', (F, X, X)),
        ("spf; =pass; dmarc=; ;;; dkim==pass", (X, X, X)),
        ("=?utf-8?q?dmarc=3Dpass?=", (X, X, X)),
        ("dmarc=pass<script>", (X, X, X)),
    ],
)
def test_what_our_server_says_is_read(rest: str, result: tuple[Outcome, ...]) -> None:
    assert outcomes(ours(rest)) == result


@pytest.mark.parametrize(
    ("field", "believed"),
    [
        ("Authentication-Results: mx.haus.example; dmarc=pass", True),
        ("authentication-results:MX.Haus.Example. 1 ;dmarc=pass", True),
        ('Authentication-Results: "mx.haus.example" (mx 3) 1 (v); dmarc=pass', True),
        ("Authentication-Results:\r\n (front)\r\n\tmx.haus.example;\r\n dmarc=pass", True),
        ("Authentication-Results: mx.haus.example 2; dmarc=pass", False),
        ("Authentication-Results: mx.haus.example.evil.example; dmarc=pass", False),
        ("Authentication-Results: mx.haus.example, evil; dmarc=pass", False),
        ("Authentication-Results: evil.example (mx.haus.example); dmarc=pass", False),
        ("Authentication-Results: dmarc=pass mx.haus.example", False),
        ("Authentication-Results: dmarc=pass header.from=a; mx.haus.example; dmarc=pass", False),
        ("Authentication-Results: mx.haus.e=?utf-8?q?xample?=; dmarc=pass", False),
        ("Authentication-Results: mx.haus.example\u200b; dmarc=pass", False),
        ("ARC-Authentication-Results: i=1; mx.haus.example; dmarc=pass", False),
        ("X-Authentication-Results: mx.haus.example; dmarc=pass", False),
        ("Authentication-Results: ", False),
        (f"Authentication-Results: mx.haus.example; {'x' * 9000}; dmarc=pass", False),
    ],
)
def test_a_field_counts_only_under_the_name_of_our_server(field: str, believed: bool) -> None:
    assert outcomes(field)[2] is (P if believed else X)


def test_a_forged_field_under_our_name_never_overrules_what_our_server_said() -> None:
    forged = ours("spf=pass; dkim=pass header.d=bank.example; dmarc=pass")
    real = ours("spf=fail; dkim=none; dmarc=fail")
    below = "Received: from evil by mx.haus.example"
    assert outcomes(real, forged) == (F, N, F)
    assert outcomes("Received: by inner", real, below, forged) == (F, N, F)
    # Our server said nothing of DMARC: what the sender brought along is of another hop.
    assert outcomes("Received: by inner", ours("spf=fail"), below, forged) == (F, X, X)


def test_two_fields_of_one_server_are_put_together() -> None:
    # OpenDMARC and OpenDKIM each write their own, above the server's Received.
    assert outcomes(ours("dmarc=pass"), ours("spf=pass"), ours("dkim=fail")) == (P, F, P)


def test_without_a_named_server_nobody_is_believed() -> None:
    stamps = origin.read(mail(ours("dmarc=pass"))).stamps
    assert not checked(stamps, frozenset()).is_told
    assert not checked((Stamp("", 0, (Claim(Method.SPF, "pass"),)),), OURS).is_told


def test_domains_are_told_bare_and_only_where_they_are_some() -> None:
    results = (
        "dkim=pass header.i=@Post.Example; dkim=pass header.d=<b>; dkim=fail header.d=c.example"
    )
    told = checked(origin.read(mail(ours(results))).stamps, OURS)
    assert told.dkim_domains == ("post.example", "")


def test_all_senders_and_reply_addresses_are_found() -> None:
    data = b"From: A <a@x.example>, b@x.example\nFrom: c@x.example\nReply-To: D <D@y.example>\n\nHi"
    found = origin.read(data)
    assert found.senders == ("a@x.example", "b@x.example", "c@x.example")
    assert found.replies_to == ("d@y.example",)


def test_fields_of_the_text_are_none_of_the_head() -> None:
    data = b"From: a@x.example\r\n\r\n" + ours("dmarc=pass").encode() + b"\r\n"
    assert origin.read(data).stamps == ()


@given(
    st.one_of(
        st.binary(max_size=400), st.text(alphabet='()"\\;= =/.@spfdkim\x00ä\r\n\t', max_size=200)
    )
)
def test_any_field_gives_an_origin(rest: bytes | str) -> None:
    raw = rest if isinstance(rest, bytes) else rest.encode()
    found = origin.read(b"Authentication-Results: mx.haus.example; " + raw + b"\n\nx")
    assert isinstance(found, origin.Origin)
    origin.read(raw)


def calls(read: Callable[[], object]) -> int:
    """Functions that are called, of Python and of C: work that no busy machine makes longer."""
    counted = 0

    def count(_frame: FrameType, event: str, _arg: object) -> None:
        nonlocal counted
        counted += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        read()
    finally:
        sys.setprofile(before)
    return counted


@pytest.mark.parametrize(
    "piece", ["(", ")", '"', "\\", ";", "=", "a=b;", "(a)", "a ", ' "" ', "()"]
)
def test_hostile_fields_cost_linear_work_and_only_so_much_of_it(piece: str) -> None:
    half, whole = (ours(piece * (size // len(piece))) for size in (3_900, 7_800))
    once = calls(lambda: origin.read(mail(whole)))
    assert once < 2.1 * calls(lambda: origin.read(mail(half))) + 100
    many = calls(lambda: origin.read(mail(*[whole] * 100)))
    assert many < (origin.MAX_STAMP_BYTES // 7_800 + 1) * once + 100 * 60


def test_what_is_over_the_bytes_for_all_fields_is_left_out() -> None:
    large = ours(f"spf=fail ({'a' * 7_800})")
    fits = origin.MAX_STAMP_BYTES // len(large)
    assert len(origin.read(mail(*[large] * 20)).stamps) == fits
    assert outcomes(*[large] * 20, ours("dmarc=pass")) == (F, X, X)
