"""Invented texts in the states that their pages show."""

from collections.abc import Callable
from datetime import UTC, date, datetime

from fastapi import Request, Response

from api.web.letters import filled
from api.web.pager import Part
from api.web.render import page
from api.web.text_editor import _preview
from api.web.texts import Listed
from rules.codes import Concern
from rules.rulesets.finding import Finding, Level
from rules.texts.diff import diff
from rules.texts.file import parse_text
from rules.texts.life import Phase, TextState
from rules.texts.placeholders import WHITELIST
from rules.texts.wording import GRADE, readability
from store.approved.text_versions import TextVersion, fingerprint
from store.approved.texts import Approval, ShelvedText
from tests.rules.text_samples import typed
from triage.texts.checking import Checked
from triage.texts.stock import Kind, StockDifference
from triage.texts.view import TextRow

NOW = datetime(2026, 11, 23, 8, 47, 12, tzinfo=UTC)
TODAY = date(2026, 11, 23)
OLD = typed(region="Südwest, West")
NEW = typed(
    version="2",
    region="Südwest, West",
    titel="Neuer Text mit einem langen Titel für die Donaudampfschifffahrtsgesellschaft",
)
TEXT = parse_text(NEW.encode(), id="termin.neu")
FAULTS = (
    Finding("disclosure.health", 16, "„krank“ verrät Fremden zu viel.", "Weglassen."),
    Finding("form.paragraph", 18, "Der Absatz hat 240 Zeichen.", "Teilen.", level=Level.WARNING),
)


def version(number: int, state: TextState, data: str) -> TextVersion:
    is_approved = state is TextState.APPROVED
    return TextVersion(
        id=number, text_id="termin.neu", version=number, state=state, origin="desk",
        scope=",Südwest,West,", title=TEXT.title, data=data, sha256=fingerprint(data),
        valid_to=date(2027, 10, 31), authors=["r-17", "r-18"], edition=3,
        reason="" if is_approved else "Bitte den zweiten Satz kürzer fassen.", created_at=NOW,
        changed_at=NOW, approved_by="f-02" if is_approved else "",
        approved_on=TODAY if is_approved else None, retired_on=None, warned_at=None,
    )  # fmt: skip


ROWS = (
    TextRow(version(2, TextState.REVIEW, NEW), Phase.REVIEW, False, False),
    TextRow(version(1, TextState.APPROVED, OLD), Phase.IN_FORCE, False, True),
)
LISTED = tuple(
    Listed(f"termin.{phase.value}", f"Text {phase.value}", 2, phase, "Fassung 2 · bis 31.10.2027",
           phase is Phase.IN_FORCE, "/texte?text=x")
    for phase in Phase
)  # fmt: skip


def readers(request: Request) -> Response:
    proof = Approval("termin.neu", 2, "ab" * 32, "Redaktion", "Freigabe", TODAY)
    family = [
        ShelvedText(parse_text(OLD.encode(), id="termin.neu"), "ab" * 32, proof, "", OLD, TODAY),
        ShelvedText(TEXT, "ab" * 32, proof, "", NEW),
    ]
    return page(
        request, "texte.html", shown=Part(LISTED[3:], 1284, "au.eingang"), total=1284,
        query="", stand="", item_id=4711, editor=False, text=TEXT,
        phase=Phase.IN_FORCE, subject=filled(TEXT.subject, {}),
        body=filled(TEXT.body, {}), fits="alle", approval=proof, sha256="ab" * 32, versions=family,
    )  # fmt: skip


def editors(
    request: Request, *, at: int = 0, gate: str = "", fault: str = "", may_edit: bool = True
) -> Response:
    row = ROWS[at]
    return page(
        request, "texte.html", status=422 if fault else 200, shown=Part(LISTED, 73, ""), total=73,
        ending=[ROWS[1]], stock=(StockDifference(Kind.CHANGED, "au.eingang", 1),), query="",
        stand="", item_id=0, editor=True, may_write=True, fault=fault, typed="kurz", row=row,
        version=row.version, text=TEXT, phase=row.phase, subject=filled(TEXT.subject, {}),
        body=filled(TEXT.body, {}), fits="Termin", sha256="ab" * 32, findings=FAULTS, errors=True,
        older=1, newer=2, changes=diff(OLD, NEW), family=ROWS, uses=None, small=5, gate=gate,
        may_edit=may_edit, may_decide=True,
    )  # fmt: skip


def empty(request: Request) -> Response:
    return page(
        request, "texte.html", shown=Part((), 0, ""), total=0, ending=[], stock=(),
        query="nichts", stand="", item_id=0, editor=True, may_write=True, text=None,
    )  # fmt: skip


def editor(request: Request, *, fault: str = "", of: TextVersion | None = None) -> Response:
    return page(
        request, "textbearbeiten.html", text_id="termin.neu",
        checked=Checked(NEW, TEXT, FAULTS), version=2 if of else 0, edition=3, of=of, fault=fault,
        gaps=tuple(WHITELIST.values()), concerns=tuple(Concern), preview=_preview(TEXT),
        measured=readability(TEXT.body), target=GRADE,
    )  # fmt: skip


PAGES: dict[str, Callable[[Request], Response]] = {
    "texte": readers,
    "texte-pruefung": editors,
    "texte-gesperrt": lambda r: editors(
        r, gate="Sie haben daran geschrieben. Eine zweite Person gibt frei.", fault="Zu kurz."
    ),
    "texte-in-kraft": lambda r: editors(r, at=1),
    "texte-leer": empty,
    "textbearbeiten": editor,
    "textbearbeiten-fremd": lambda r: editor(r, fault="Inzwischen geändert.", of=ROWS[0].version),
}
IN_BROWSER = tuple(name for name in PAGES if name != "texte")
"""Those that admins see."""
