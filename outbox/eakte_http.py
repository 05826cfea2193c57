"""Hands mail over to the eAkte by HTTP: one POST a package, receipts in the answer or by asking.

    POST   url/pakete                   the package (ZIP), Idempotency-Key: its key
    GET    url/quittungen               receipts that we have not confirmed: a JSON array, its
                                        elements receipts or XDOMEA answers as strings; or one
                                        XDOMEA answer as XML. In pages, too (Link, rel="next")
    GET    url/quittungen?von=…&bis=…   all receipts of that time, for the daily match
    POST   url/quittungen/bestaetigt    the receipt is in our database, word for word
    POST   url/quittungen/unbekannt     it is for nothing that we handed over

Source: RFC 9530 (Content-Digest); the field Idempotency-Key as in our own API; own decision 0065.
"""

import json
from base64 import b64encode
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final
from urllib.parse import urlencode

from outbox import eakte, package_zip, receipt_list, receipt_paper
from outbox.line import ANSWER_BYTES, Answer, Line, failure
from outbox.receipt_folder import folder_name, receipt_json
from rules.errors import Unreadable
from rules.handover import Arrival, Package, Paper, Receipt

_PAPERS: Final = {"Accept": "application/json, application/xml;q=0.9"}

_PARTS: Final = 64
"""So often a day is asked for in parts at most: an eAkte may tell all, whatever time is asked for.
Own decision 0143."""

_PAGES: Final = 1_000
"""As above, for an eAkte whose pages lead to each other for ever."""


@dataclass(frozen=True, slots=True)
class HttpOutlet:
    """A FileOutlet (triage/ports.py). Without state: safe to share between threads."""

    line: Line
    clock: Callable[[], datetime] = lambda: datetime.now(tz=UTC)

    def deliver(self, package: Package) -> Receipt | None:
        """Post the package; the receipt, where the eAkte answers with one at once. Idempotent.

        Raises:
            TryLater: `eakte.away`, `eakte.tls`, `eakte.later`, `eakte.door`, `eakte.redirect`.
            Refused: `eakte.refused`, `eakte.checksum`.
        """
        eakte.require_same_bytes(package)
        name = folder_name(package.key)
        body = package_zip.packed(eakte.package_files(package, name))
        digest = b64encode(sha256(body).digest()).decode("ascii")
        headers = _PAPERS | {
            "Content-Type": "application/zip",
            "Content-Digest": f"sha-256=:{digest}:",
            # Never the bare key: an odd one would be a line break in the head.
            "Idempotency-Key": name,
        }
        answer = self._post("pakete", headers=headers, body=body)
        told = receipt_paper.read(answer.body)
        return told if isinstance(told, Receipt) and told.key == package.key else None

    def receipts(self) -> Iterator[Paper]:
        """All papers that the eAkte keeps ready for us, in its order.

        Raises:
            TryLater, Refused: as `deliver`.
            Unreadable: `eakte.answer`; `eakte.receipt` after the last good one.
        """
        read = [paper for page in self._pages("quittungen") for paper in page]
        yield from (one for one in read if one is not None)
        _require_read(read)

    def received_between(self, since: datetime, until: datetime) -> tuple[Receipt, ...]:
        """For the daily match, by key; raises as `receipts`.

        What is too long for one answer is asked for in halves.
        """
        found = {one.key: one for one in self._told_between(since, until)}
        return tuple(found[key] for key in sorted(found))

    def told(self, keys: Collection[str], *, since: datetime) -> tuple[Receipt, ...]:
        """By the question of the daily match, from then to now; raises as `receipts`."""
        wanted = frozenset(keys)
        papers = [one for one in self._told_between(since, self.clock()) if one.key in wanted]
        return receipt_paper.answers_to(sorted(wanted), lambda _key: papers)

    def confirm(self, paper: Paper) -> None:
        """Tell the eAkte that the receipt is in our database. Idempotent; raises as `deliver`."""
        self._give_back(paper, "bestaetigt")

    def set_aside(self, paper: Paper) -> None:
        """Tell it that the receipt is for nothing of ours; raises as `deliver`."""
        self._give_back(paper, "unbekannt")

    def holds(self, key: str) -> bool:  # noqa: ARG002 - the port's; nothing lies with us
        """Never: what was posted lies with the eAkte."""
        return False

    def discard(self, key: str) -> bool:  # noqa: ARG002 - the port's; nothing lies with us
        """Never anything: what was posted lies with the eAkte."""
        return False

    def probe(self) -> None:
        """Ask for receipts and read none: for the doctor. Raises: as `receipts`."""
        self._begin("quittungen")

    def _told_between(self, since: datetime, until: datetime) -> Iterator[Receipt]:
        waiting = [(since, until)]
        for _ in range(_PARTS):
            if not waiting:
                return
            since, until = waiting.pop()
            read = self._between(since, until)
            if read is None:
                middle = since + (until - since) / 2
                waiting += [(since, middle), (middle, until)]
                continue
            _require_read(read)
            yield from (one for one in read if isinstance(one, Receipt))
        if waiting:
            raise Unreadable("eakte.answer", "the eAkte tells too much, however short the time")

    def _between(self, since: datetime, until: datetime) -> list[Paper | None] | None:
        """All pages of that time; None where one is too long."""
        asked = urlencode({"von": since.isoformat(), "bis": until.isoformat()})
        read: list[Paper | None] = []
        path: str | None = f"quittungen?{asked}"
        for _ in range(_PAGES):
            if path is None:
                return read
            answer = self._begin(path)
            if not answer.is_whole:
                return None
            read += _papers(answer)
            path = self._next(answer, path)
        raise Unreadable("eakte.answer", f"the eAkte's receipts have over {_PAGES} pages")

    def _pages(self, path: str) -> Iterator[list[Paper | None]]:
        """As much as one answer may hold: what is behind it comes when this is confirmed."""
        room, more = ANSWER_BYTES, self._begin(path)
        yield _papers(more)
        for _ in range(_PAGES):
            room -= len(more.body)
            following = self._next(more, path)
            if following is None or room <= 0 or not more.is_whole:
                return
            path, more = following, self._begin(following)
            yield _papers(more)

    def _next(self, answer: Answer, path: str) -> str | None:
        base = self.line.account.url
        return receipt_list.next_page(answer, self.line.address(path), base=base)

    def _begin(self, path: str) -> Answer:
        answer = self.line.ask_begin("GET", path, headers=_PAPERS)
        if not answer.is_good:
            raise failure(answer, now=self.clock())
        return answer

    def _give_back(self, paper: Paper, place: str) -> None:
        headers = {"Content-Type": "application/json"}
        body = receipt_json(paper) if isinstance(paper, Receipt) else _arrival_json(paper)
        self._post(f"quittungen/{place}", headers=headers, body=body)

    def _post(self, path: str, *, headers: dict[str, str], body: bytes) -> Answer:
        answer = self.line.ask("POST", path, headers=headers, body=body)
        if not answer.is_good:
            raise failure(answer, now=self.clock())
        return answer


def _papers(answer: Answer) -> list[Paper | None]:
    """What an answer tells; None for what can't be read."""
    if not _is_xml(answer.body):
        return [receipt_paper.of_element(one) for one in receipt_list.elements(answer)]
    paper = receipt_paper.read(answer.body)
    if paper is None:
        raise Unreadable("eakte.answer", "the eAkte's XML is no XDOMEA answer")
    return [paper]


def _require_read(read: list[Paper | None]) -> None:
    if None in read:
        raise Unreadable(
            "eakte.receipt", f"{read.count(None)} receipt(s) in the eAkte's list can't be read"
        )


def _is_xml(body: bytes) -> bool:
    return body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<"


def _arrival_json(paper: Arrival) -> bytes:
    """What of 0629 is given back: which hand-over had come, and when it was said."""
    return json.dumps({"key": paper.key, "arrived_at": paper.received_at}).encode()
