"""Mail servers that answer late, oddly, a byte at a time, or not at all."""

from time import monotonic

import pytest

from outbox.smtp import SmtpAccount, SmtpOutlet
from rules.errors import HouseError, Refused, TryLater
from tests.servers.odd_smtp import OddSmtp, odd_smtp

MAIL = b"Subject: x\r\n\r\nText\r\n"


CODES = {"": b"220", "MAIL": b"250", "DATA": b"354", ".": b"250"}


def outlet(server: OddSmtp, seconds: float = 0.5) -> SmtpOutlet:
    return SmtpOutlet(
        SmtpAccount("127.0.0.1", server.port, tls="none-loopback-only", timeout_seconds=seconds)
    )


def sent(server: OddSmtp, seconds: float = 0.5) -> str:
    return outlet(server, seconds).send("eingang@agentur.example", "jana@kundin.example", MAIL)


@pytest.mark.parametrize("answer", [b"200 taken\r\n", b"220 fine\r\n", b"252 we'll see\r\n"])
def test_any_answer_that_begins_with_2_takes_the_mail(answer: bytes) -> None:
    with odd_smtp({".": answer}) as server:
        assert sent(server).startswith(answer[:3].decode())


def test_odd_words_after_250_take_the_mail() -> None:
    odd = b"250-\xff\xfe\x00\r\n250-<jana@kundin.example>\r\n250 " + b"x" * 500 + b"\r\n"
    with odd_smtp({".": odd}) as server:
        assert sent(server).startswith("250 ")


@pytest.mark.parametrize(
    ("offers", "parameters"),
    [
        (b"250 odd.example\r\n", ""),
        (b"250-odd.example\r\n250 SIZE 10000000\r\n", f" size={len(MAIL)}"),
    ],
)
def test_the_size_is_told_to_who_asks_for_it_and_to_nobody_else(
    offers: bytes, parameters: str
) -> None:
    """RFC 1870. Who knows no such parameter refuses the mail for good."""
    with odd_smtp({"EHLO": offers}) as server:
        sent(server)
    assert f"mail FROM:<eingang@agentur.example>{parameters}" in server.told


def test_a_server_that_says_no_goodbye_holds_nobody_up() -> None:
    with odd_smtp({"QUIT": None}) as server:
        begun = monotonic()
        assert sent(server, 20).startswith("250 ")
        assert monotonic() - begun < 10


@pytest.mark.parametrize("step", ["", "MAIL", "DATA", "."])
def test_a_server_that_answers_a_byte_at_a_time_is_left_in_time(step: str) -> None:
    long = {
        at: code + b"-" + b"x" * 100 + b"\r\n" + code + b" ok\r\n" for at, code in CODES.items()
    }
    with odd_smtp(long, drips={step: 0.4}) as server:
        begun = monotonic()
        with pytest.raises(TryLater) as caught:
            sent(server, 0.5)
        assert monotonic() - begun < 20
    assert caught.value.code == "smtp.away"
    assert bool(server.taken) == (step == ".")


@pytest.mark.parametrize(
    ("says", "error", "code"),
    [
        ({"MAIL": b"550 5.7.60 no right to send as this\r\n"}, TryLater, "smtp.sender"),
        ({"MAIL": b"552 5.3.4 too large\r\n"}, Refused, "smtp.refused"),
        ({"MAIL": b"554 5.3.4 too large\r\n"}, Refused, "smtp.refused"),
        ({"MAIL": b"552 message size exceeds fixed limit\r\n"}, Refused, "smtp.refused"),
        ({"MAIL": b"451 4.7.1 later\r\n"}, TryLater, "smtp.later"),
        ({"RCPT": b"421 4.7.0 too many connections\r\n"}, TryLater, "smtp.later"),
        ({"RCPT": b"550 5.1.1 unknown\r\n"}, Refused, "smtp.refused"),
        ({"DATA": b"554 5.7.1 not wanted\r\n"}, Refused, "smtp.refused"),
        ({"DATA": b"421 4.3.2 going down\r\n"}, TryLater, "smtp.later"),
        ({".": b"421 4.3.2 going down\r\n"}, TryLater, "smtp.later"),
        ({"RCPT": b"what\r\n"}, TryLater, "smtp.later"),
        ({".": None}, TryLater, "smtp.away"),
    ],
)
def test_what_is_said_at_each_step(
    says: dict[str, bytes | None], error: type[HouseError], code: str
) -> None:
    with odd_smtp(says) as server, pytest.raises(error) as caught:
        sent(server)
    assert caught.value.code == code


NOT_LET = (
    b"550 5.7.1 not allowed here",
    b"554 Recipient address rejected: Relay access denied",
    b"554 5.7.1 <jana@kundin.example>: Relay access denied",
    b"550 5.7.1 Relaying denied. Proper authentication required.",
    b"550 relay not permitted",
    b"553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)",
    b"554 5.7.1 <unknown[192.0.2.7]>: Client host rejected: Access denied",
    b"504 5.5.2 <host>: Helo command rejected: need fully-qualified hostname",
    b"554 5.7.1 Service unavailable; Client host [192.0.2.7] blocked using zen.example",
    b"550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain",
    b"550 Authentication is required for relay",
    b"550 too many connections from your host",
    b"503 5.5.1 AUTH first",
)
OUR_ADDRESS = (
    b"553 5.7.1 <eingang@agentur.example>: Sender address rejected: not owned by user eingang",
    b"554 5.7.1 <eingang@agentur.example>: Sender address rejected: Access denied",
    b"550 5.1.8 <eingang@agentur.example>: domain not found",
    b"550 Sender verify failed",
)
THE_RECIPIENT = (
    b"550 5.1.1 <jana@kundin.example>: Recipient address rejected: User unknown in relay table",
    b"554 5.7.1 <jana@kundin.example>: Recipient address rejected: Access denied",
    b"550 5.4.4 <relay@authenti.example>: no way there",
    b"556 5.1.10 the domain takes no mail",
    b"553 5.1.3 bad address",
    b"501 what an address",
    b"550 no such user here",
    b"552 5.2.2 mailbox full",
)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        *((one, "smtp.not_let") for one in NOT_LET),
        *((one, "smtp.sender") for one in OUR_ADDRESS),
        *((one, "smtp.refused") for one in THE_RECIPIENT),
    ],
)
def test_what_is_refused_at_the_recipient_is_told_apart_by_whom_it_means(
    answer: bytes, code: str
) -> None:
    with odd_smtp({"RCPT": answer + b"\r\n"}) as server, pytest.raises(HouseError) as caught:
        sent(server)
    assert caught.value.code == code
    assert isinstance(caught.value, Refused) == (code == "smtp.refused")
    assert "example" not in str(caught.value)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (b"550 5.7.60 Client does not have permissions to send as this sender", "smtp.not_let"),
        (b"554 5.7.1 looks like spam, authentication failed", "smtp.refused"),
    ],
)
def test_after_the_data_only_what_surely_means_us_is_ours(answer: bytes, code: str) -> None:
    with odd_smtp({".": answer + b"\r\n"}) as server, pytest.raises(HouseError) as caught:
        sent(server)
    assert caught.value.code == code
