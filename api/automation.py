"""The door for machines of the Service Centers: judge a mail, hand one in, ask where it stands."""

from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Query, Request, Response, status

from api import idempotency as keys
from api.auth import AnyCaller, HouseHere, MayHandIn, MayJudge
from api.cursor import ID_MAX
from api.schemas.mails import MailOut, VerdictOut, read_mail
from rules.errors import Refused
from store.database.engine import Tx
from triage import accept, idempotency
from triage.accept import MailView
from triage.idempotency import Answer

router = APIRouter(prefix="/v1", tags=["automation"])

RFC822: Final = "message/rfc822"
MessageId = Annotated[int, Path(ge=1, le=ID_MAX, description="The house's id of the mail.")]

SAMPLE_MAIL: Final = (
    "From: Erika Muster <erika.muster@post.example>\r\n"
    "To: Kassel.EZ@arbeitsagentur.example\r\n"
    "Subject: Krankmeldung\r\n\r\n"
    "Guten Tag,\r\nich bin vom 23.11. bis 04.12.2026 krankgeschrieben.\r\n"
)

BODY_DOC: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            RFC822: {
                "schema": {"type": "string", "format": "binary"},
                "examples": {"au": {"summary": "Krankmeldung", "value": SAMPLE_MAIL}},
            },
            "application/json": {"schema": {"$ref": "#/components/schemas/MailIn"}},
        },
    }
}
"""FastAPI can't describe a body that comes in two media types; so it stands here."""


@dataclass(frozen=True, slots=True)
class PostedMail:
    """The original as the caller gave it, where it came in, and the whole body of the request."""

    data: bytes
    mailbox: str
    body: bytes


@dataclass(frozen=True, slots=True)
class _Sent:
    media_type: str
    coding: str
    body: bytes


async def _sent(request: Request) -> _Sent:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    coding = request.headers.get("content-encoding", "identity").strip().lower()
    return _Sent(media_type, coding, await request.body())


def posted_mail(
    sent: Annotated[_Sent, Depends(_sent)],
    mailbox: Annotated[
        str, Query(max_length=320, description="With message/rfc822: where the mail came in.")
    ] = "",
) -> PostedMail:
    """The mail in the body, raw or in JSON. Runs in a thread: base64 of 60 MB takes its time.

    Raises: Refused: `request.media_type`, `request.malformed`.
    """
    if sent.coding != "identity":
        # Kept as it came, it would be an item that nobody can read. Source: RFC 9110 section 8.4.
        raise Refused("request.media_type", "the body is compressed; send it as it is")
    if sent.media_type == "application/json":
        posted = read_mail(sent.body)
        return PostedMail(posted.raw_base64, posted.mailbox, sent.body)
    if sent.media_type != RFC822:
        raise Refused("request.media_type", f"send {RFC822} or application/json")
    if not sent.body.strip():
        raise Refused("request.malformed", "the body is empty; send the mail as it came")
    return PostedMail(sent.body, mailbox, sent.body)


Posted = Annotated[PostedMail, Depends(posted_mail)]


@router.post(
    "/verdicts",
    response_model=VerdictOut,
    summary="Judge a mail, keep nothing",
    openapi_extra=BODY_DOC,
)
def judge(house: HouseHere, _caller: MayJudge, posted: Posted) -> dict[str, Any]:
    """The verdict on a mail: channel, concerns, payment relevance, agency, folder, deadline."""
    return accept.judge(house, posted.data, mailbox=posted.mailbox)


@router.post(
    "/mails",
    response_model=MailOut,
    status_code=status.HTTP_201_CREATED,
    summary="Hand in a mail",
    openapi_extra=BODY_DOC,
)
def hand_in(
    house: HouseHere, caller: MayHandIn, posted: Posted, request: Request, response: Response
) -> MailView:
    """Keep a mail and sort it. Durable once this answers; until then repeat with the same key."""
    named = keys.named_by(request, caller, posted.body)

    def promise(tx: Tx, kept: MailView) -> None:
        if named is not None:
            idempotency.promise(tx, named, _answer(kept), now=house.clock())

    view = accept.hand_in(house, caller, posted.data, mailbox=posted.mailbox, promise=promise)
    response.headers["Location"] = _place(view)
    return view


def _answer(kept: MailView) -> Answer:
    headers = {"content-type": "application/json", "location": _place(kept)}
    body = MailOut.model_validate(kept).model_dump_json()
    return Answer(status.HTTP_201_CREATED, headers, body)


def _place(view: MailView) -> str:
    return f"/v1/mails/{view.message_id}"


@router.get("/mails/{message_id}", response_model=MailOut, summary="Where a mail stands")
def mail(house: HouseHere, caller: AnyCaller, message_id: MessageId) -> MailView:
    """State, item and verdict of a mail. With a verdict, the read is put on record."""
    return accept.mail(house, caller, message_id)


@router.get(
    "/mails/{message_id}/original",
    response_class=Response,
    summary="The original, byte for byte",
    responses={
        200: {
            "description": "The mail as it came.",
            "content": {RFC822: {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
def original(house: HouseHere, caller: AnyCaller, message_id: MessageId) -> Response:
    """The original as a file to save, or its head where the mail has `only_head`.

    The read is put on record.
    """
    data = accept.original(house, caller, message_id)
    return Response(
        data,
        media_type=RFC822,
        headers={
            "Content-Disposition": f'attachment; filename="mail-{message_id}.eml"',
            # If a browser shows it all the same, nothing in it may act.
            "Content-Security-Policy": "default-src 'none'; sandbox",
        },
    )
