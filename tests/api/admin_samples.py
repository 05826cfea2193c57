"""The pages of who watches the postboxes, in their states, from invented values and no house."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from fastapi import Request, Response

from api.web import words
from api.web.pager import Part
from api.web.render import page
from api.web.trial import differing
from store.mails.arrivals import Difference
from store.mails.arrivals import Fault as Lack
from store.mails.aside import SetAside
from store.processes.halts import Halt
from tests.api.item_samples import NOW, TODAY
from triage.completeness import Completeness
from triage.known.perhaps_twice import Pair
from triage.learning.relearn import Waiting
from triage.observed import AgencyPart, Disagreement, Observed
from triage.postboxes.state import PostboxRow
from triage.trail.standing import TrailStanding


def _aside(request: Request) -> Response:
    codes = ("mail.too_large", "bug", "mail.machine")
    rows = [
        SetAside(
            id=n, message_id=n, step="sort", reason_code=code, detail="", tries=n, at=NOW,
            postbox="Südost", sender="wer@post.example",
            subject="Betreff", received_at=NOW, size_bytes=48_000,
        )
        for n, code in enumerate(codes, start=1)
    ]  # fmt: skip
    return page(request, "beiseite.html", rows=rows, more="grund=&nach=3", reason="bug", total=1284,
                reasons=(("bug", 1284), ("mail.machine", 1)))  # fmt: skip


_TRAIL = TrailStanding(sealed=12840, sealed_at=NOW, waiting=3, checked=1000, broken_at=None)


def _postboxes(request: Request, **changed: object) -> Response:
    since = NOW - timedelta(minutes=95)
    base = PostboxRow("SC-Südost", "Südost", False, True, "ok", "", None, 0, False)
    rows = (
        base,
        replace(base, name="SC-West", oldest_unsorted=since, age_seconds=5700, is_overdue=True,
                marked_at=NOW, marks_today=12, open_marks=2),
        replace(base, name="SC-Ost", is_observed=True, ok=False, message="postbox.away",
                remedy="Erreichbarkeit des Postfachs prüfen.", oldest_unsorted=NOW),
    )  # fmt: skip
    return page(
        request, "postfaecher.html", rows=rows, waits={"SC-West": "1 Std.", "SC-Ost": "0 Min."},
        limit="1 Stunde", stands={row.name: "nicht erreichbar" for row in rows},
        **({"may_stop": False, "fault": "", "typed": "", "trail": _TRAIL} | changed),
    )  # fmt: skip


def _completeness(request: Request) -> Response:
    states = {"kept": 2, "sorted": 790, "done": 0, "aside": 18, "gone": 1, "deleted": 0}
    good = Completeness(TODAY, "SC-West", 811, states, 0, ())
    named = (Difference(40721, Lack.LOST), Difference(40722, Lack.DOUBLED))
    bad = Completeness(TODAY, None, 812, states, 1, named)
    return page(
        request, "vollzaehligkeit.html", status=422, day=TODAY, typed="31.02.2026",
        sums=(good, bad), fault="Diesen Tag gibt es nicht.", closes=False, stand=NOW,
        differences=Part(
            tuple((one.message_id, "–", *words.difference(one.fault)) for one in named), 1284, "ab"
        ),
        pairs=(Pair("SC-West", 40723, 40724, 812, 813),),
    )  # fmt: skip


def _trial(request: Request) -> Response:
    parts = (
        AgencyPart("017", "Lindenfurt", 1284, 310, 12, 7, (("017 Lindenfurt/AU", 1284),)),
        AgencyPart(None, "", 3, 0, 3, 3, (("Klärung", 3),)),
    )
    counts = {"same": 9, "same_agency": 2, "other": 1, "gone": 1, "untouched": 1274}
    differs = (Disagreement(40721, "017 Lindenfurt/AU", "023 Haselmoor"),)
    full = Observed("SC-Ost", TODAY, 1290, 3, (("mail.machine", 2),), parts, counts, 0.75, differs)
    empty = Observed("SC-West", TODAY, 0, 0, (), (), dict.fromkeys(counts, 0), None, ())
    return page(
        request, "probelauf.html", status=422, day=TODAY, typed="31.02.2026", stand=NOW,
        fault="Diesen Tag gibt es nicht.", reports=(full, empty),
        parts={"SC-Ost": replace(differing(full), total=240, more="40721")},
    )  # fmt: skip


def _corrections(request: Request) -> Response:
    one = Waiting(7, 40721, NOW, False, ("termin",), "no", ("anschrift_name", "au"), "yes")
    own = replace(one, message_id=40722, is_own=True, machine_concerns=(), machine_payment="")
    return page(request, "korrekturen.html", rows=(one, own), more=8, after=6, fault=None)


PAGES: dict[str, Callable[[Request], Response]] = {
    "beiseite": _aside,
    "postfaecher": _postboxes,
    "postfaecher-protokoll-gebrochen": lambda r: _postboxes(
        r, trail=replace(_TRAIL, broken_at=12001, checked=0)
    ),
    "postfaecher-not-aus": lambda r: _postboxes(
        r, may_stop=True, fault="Ein Grund hat 10 bis 200 Zeichen.", typed="zu kurz"
    ),
    "postfaecher-angehalten": lambda r: _postboxes(
        r, may_stop=True, halt=Halt("all", NOW, "demo-admin", "Falsche Ordner gemeldet")
    ),
    "vollzaehligkeit": _completeness,
    "probelauf": _trial,
    "korrekturen": _corrections,
    "korrekturen-leer": lambda r: page(
        r, "korrekturen.html", rows=(), more=0, after=None, fault=None
    ),
}
