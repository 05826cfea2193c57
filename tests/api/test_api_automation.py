"""The door of the machines, before a real house."""

import base64
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import httpx
import pytest

from rules.errors import TryLater
from tests.api.answers import code_of
from tests.api.conftest import Doors
from tests.house_fixture import eml
from triage import accept, figures
from triage.idempotency import RUN_SECONDS

MAIL = eml("Krankmeldung", "Ich bin krank. Kundennummer 123A456789, 34117 Kassel.")
RAW = {"content": MAIL, "headers": {"Content-Type": "message/rfc822"}}
KEYED: dict[str, Any] = {
    "content": MAIL,
    "headers": {"Content-Type": "message/rfc822", "Idempotency-Key": "mail-1"},
}
ZIPPED = {"Content-Type": "message/rfc822", "Content-Encoding": "gzip"}
JSON = {"json": {"raw_base64": base64.b64encode(MAIL).decode()}}


def test_a_verdict_is_the_same_by_both_ways_and_nothing_is_kept(doors: Doors) -> None:
    raw, json = (doors.machine.post("/v1/verdicts", **sent) for sent in (RAW, JSON))
    assert raw.status_code == 200
    assert raw.json() == json.json()
    assert raw.json()["concerns"][0]["code"] == "au"
    assert raw.json()["agency"]["code"] == "435"
    assert figures.progress(doors.house).seen == 0


def test_a_mail_handed_in_is_kept_sorted_and_found_again(doors: Doors) -> None:
    response = doors.machine.post("/v1/mails", **RAW)
    view = response.json()
    assert response.status_code == 201
    assert response.headers["location"] == f"/v1/mails/{view['message_id']}"
    assert view["state"] == "sorted"
    assert doors.machine.get(response.headers["location"]).json() == view


def test_the_original_comes_back_byte_for_byte_and_can_do_nothing(doors: Doors) -> None:
    place = doors.machine.post("/v1/mails", **RAW).headers["location"]
    response = doors.kassel.get(f"{place}/original")
    assert response.content == MAIL
    assert response.headers["content-type"].startswith("message/rfc822")
    assert response.headers["content-disposition"].startswith("attachment;")
    assert response.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in response.headers["content-security-policy"]
    assert response.headers["cache-control"] == "no-store"


def test_a_mail_repeated_with_its_key_is_one_mail(doors: Doors) -> None:
    first, again = (doors.machine.post("/v1/mails", **KEYED) for _ in range(2))
    assert first.content == again.content
    assert figures.progress(doors.house).seen == 1


class Died(BaseException):
    """The process is gone, and with it the request."""


@pytest.mark.parametrize(
    ("place", "error"),
    [
        ("triage.rounds.sort_guarded", ValueError("a bug")),
        ("triage.rounds.sort_guarded", Died()),
        ("triage.idempotency.finish", TryLater("store.away", "x")),
    ],
)
def test_a_mail_is_kept_once_wherever_its_first_request_ends(
    doors: Doors, monkeypatch: pytest.MonkeyPatch, place: str, error: BaseException
) -> None:
    def ends(*_args: object, **_named: object) -> None:
        raise error

    with monkeypatch.context() as broken, suppress(Died):
        broken.setattr(place, ends)
        assert doors.machine.post("/v1/mails", **KEYED).status_code >= 500
    doors.clock.forward(seconds=RUN_SECONDS)
    again = [doors.machine.post("/v1/mails", **KEYED) for _ in range(2)]
    assert [answer.status_code for answer in again] == [201, 201]
    assert again[0].content == again[1].content
    assert figures.progress(doors.house).seen == 1


def test_who_took_too_long_keeps_nothing_beside_the_one_that_was_faster(
    doors: Doors, monkeypatch: pytest.MonkeyPatch
) -> None:
    faster: list[httpx.Response] = []
    hand_in = accept.hand_in

    def after_another(*args: Any, **named: Any) -> Any:
        if not faster:
            doors.clock.forward(seconds=RUN_SECONDS)
            with ThreadPoolExecutor(1) as pool:
                faster.append(httpx.Response(0))
                faster[0] = pool.submit(doors.machine.post, "/v1/mails", **KEYED).result()
        return hand_in(*args, **named)

    monkeypatch.setattr(accept, "hand_in", after_another)
    late = doors.machine.post("/v1/mails", **KEYED)
    assert code_of(late) == (409, "idempotency.in_use")
    assert doors.machine.post("/v1/mails", **KEYED).content == faster[0].content
    assert figures.progress(doors.house).seen == 1


@pytest.mark.parametrize("path", ["/v1/mails", "/v1/verdicts"])
@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        ({"content": MAIL}, 415, "request.media_type"),
        ({"content": MAIL, "headers": {"Content-Type": "text/plain"}}, 415, "request.media_type"),
        ({**RAW, "headers": ZIPPED}, 415, "request.media_type"),
        ({**RAW, "content": b"\r\n "}, 400, "request.malformed"),
        ({"json": {"raw_base64": "Geheimes!"}}, 422, "request.invalid"),
        ({"json": {"raw": "Geheimes"}}, 422, "request.invalid"),
        ({"json": ["Geheimes"]}, 422, "request.invalid"),
    ],
)
def test_what_is_no_mail_is_refused_and_not_repeated(
    doors: Doors, path: str, sent: dict[str, Any], status: int, code: str
) -> None:
    response = doors.machine.post(path, **sent)
    assert code_of(response) == (status, code)
    assert "Geheimes" not in response.text
    assert figures.progress(doors.house).seen == 0


@pytest.mark.parametrize("end", ["", "/original"])
def test_a_mail_of_others_is_as_unknown_as_one_that_never_was(doors: Doors, end: str) -> None:
    message_id = doors.hand_in("Krankmeldung")["message_id"]
    for caller, number in ((doors.hamburg, message_id), (doors.kassel, message_id + 1)):
        assert code_of(caller.get(f"/v1/mails/{number}{end}")) == (404, "mail.unknown")


@pytest.mark.parametrize("number", ["0", "-1", "seven", str(2**63)])
def test_an_id_that_can_not_be_is_refused(doors: Doors, number: str) -> None:
    assert code_of(doors.machine.get(f"/v1/mails/{number}")) == (422, "request.invalid")


def test_machines_hand_in_and_nobody_else(doors: Doors) -> None:
    assert doors.kassel.post("/v1/mails", **RAW).status_code == 403
    assert doors.admin.post("/v1/mails", **RAW).status_code == 403
    assert doors.nobody.post("/v1/mails", **RAW).status_code == 401


def test_a_mail_that_breaks_the_judge_is_kept_all_the_same(doors: Doors) -> None:
    response = doors.machine.post("/v1/mails", **{**RAW, "content": eml("explodiere")})
    assert response.status_code in {201, 500}
    assert figures.progress(doors.house).seen == 1
