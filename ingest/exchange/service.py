"""One request of EWS and what came back: response messages, read at once or when somebody has time.

Taking a reply off the line and reading it are two things: while one thread reads, another may ask
for what comes next. Private names of exchangelib are used here; the pin and the contract tests
guard it. Source: exchangelib 5.6.0, read; own decisions 0034, 0098.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from typing import Any

from exchangelib import Account
from exchangelib.errors import EWSError, MalformedResponseError, ResponseMessageError
from exchangelib.services.common import EWSAccountService
from lxml.etree import Entity

from ingest.exchange.xml import TYPES

_read_error = EWSAccountService._get_exception  # noqa: SLF001 - no public way
_FAULT_BYTES = 4096
"""A reply so short may be a fault, which is to be noticed by whoever asked; mail is longer."""


class StrictService(EWSAccountService):  # type: ignore[misc]  # exchangelib ships no types
    """Errors bear the wait that the server named (`back_off`, in seconds), wherever it stands.

    exchangelib hears it in a fault only, and there only where it is the first thing said. And its
    parser forgives: text behind an entity is lost, which cuts a mail where nobody sees it.
    Source: EWS reference ("EWS throttling in Exchange": BackOffMilliseconds in MessageXml);
    SOAP 1.1 section 3 (no document type, so no entities); own decision 0034.
    """

    @classmethod
    def _get_soap_parts(cls, response: Any) -> Any:  # noqa: ANN401 - exchangelib's own
        if b"<!DOCTYPE" in response.content:  # before it is read: entities grow without bound
            raise MalformedResponseError("a document type")
        header, body = super()._get_soap_parts(response=response)
        if next(body.iter(Entity), None) is not None:
            raise MalformedResponseError("an entity")
        return header, body

    @staticmethod
    def _get_exception(code: str, text: str, msg_xml: Any = None, **more: Any) -> Any:  # noqa: ANN401
        exc = _read_error(code, text or "", msg_xml, **more)
        exc.back_off = _named_wait(msg_xml)
        return exc

    @classmethod
    def _raise_soap_errors(cls, fault: Any) -> None:  # noqa: ANN401
        try:
            super()._raise_soap_errors(fault)
        except EWSError as exc:
            exc.back_off = _named_wait(fault)
            raise


class _Service(StrictService):
    """Gives whole response messages; the error of one message does not end the others."""

    ERRORS_TO_CATCH_IN_RESPONSE = (ResponseMessageError,)

    @classmethod
    def _get_elements_in_container(cls, container: Any) -> list[Any]:  # noqa: ANN401 - an lxml element
        return [container]


@dataclass(frozen=True, slots=True)
class Unread:
    """A reply that came whole and was not read."""

    service: _Service
    reply: Any

    def read(self) -> list[Any]:
        """The response messages, errors among them, as many as came.

        Raises: as exchangelib, for a fault too.
        """
        _, body = self.service._get_soap_parts(response=self.reply)  # noqa: SLF001 - no public way
        messages = self.service._get_soap_messages(body=body)  # noqa: SLF001
        return list(self.service._get_elements_in_response(messages))  # noqa: SLF001


class _Late(_Service):
    """Gives the reply itself."""

    def _response_generator(self, payload: Any) -> list[Any]:  # noqa: ANN401 - an lxml element
        return [self._get_response(payload, self._version_hint.api_version)]


@cache
def _service(name: str, kind: type[_Service] = _Service) -> type[_Service]:
    # A subscription lives on the machine of the mailbox; its events must be asked for there.
    lives_there = {"prefer_affinity": name in {"Subscribe", "Unsubscribe"}}
    return type(name, (kind,), {"SERVICE_NAME": name, **lives_there})


def ask(account: Account, payload: Any, *, parts: int = 1) -> list[Any]:  # noqa: ANN401
    """The response messages to `payload`, errors among them. Raises: as exchangelib."""
    service = _service(_name(payload))(account=account)
    return _counted(service._get_elements(payload=payload), parts)  # noqa: SLF001 - no public way


def ask_one(account: Account, payload: Any) -> Any:  # noqa: ANN401
    """The one response message to `payload`. Raises: as exchangelib, also its own error."""
    (answer,) = ask(account, payload)
    if isinstance(answer, Exception):
        raise answer
    return answer


def ask_unread(account: Account, payload: Any) -> Unread:  # noqa: ANN401
    """The reply to `payload`, for reading later; a fault is raised now. Raises: as exchangelib."""
    service = _service(_name(payload), _Late)(account=account)
    (reply,) = service._get_elements(payload=payload)  # noqa: SLF001 - no public way
    unread = Unread(service, reply)
    if reply.status_code != HTTPStatus.OK or len(reply.content) < _FAULT_BYTES:
        unread.read()
    return unread


def _named_wait(found: Any) -> float | None:  # noqa: ANN401
    """The seconds of quiet that an error asks for; None where it names none."""
    values = () if found is None else found.iter(f"{TYPES}Value")
    said = (one.text or "" for one in values if one.get("Name") == "BackOffMilliseconds")
    return next((int(text) / 1000 for text in said if text.strip().isdecimal()), None)


def _name(payload: Any) -> str:  # noqa: ANN401
    name: str = payload.tag.rpartition("}")[2]
    return name


def _counted(messages: Iterable[Any], parts: int) -> list[Any]:
    answers = list(messages)
    if len(answers) != parts:
        raise MalformedResponseError("another number of parts than asked for")
    return answers
