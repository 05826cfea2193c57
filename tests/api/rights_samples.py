"""The pages "Rechte" in all their states, from invented values and no house."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from fastapi import Request, Response

from api.web import rights_folders as folder_page
from api.web import rights_words
from api.web.render import page
from api.web.rights import Asked, Fault, Viewer, matrix_page
from api.web.rights_lists import from_the_top
from rules.rights.folder_acl import Naming
from rules.rights.folder_findings import Code, Finding, Key
from rules.rights.folder_rights import audit
from rules.rights.plan import make_plan
from rules.rights.reporting_chain import Mark, Round, Step, chain
from store.rights.audits import Audit, Keep
from store.rights.lists import Reported, RunningRound
from store.rights.plans import Order, PlanState, StepState, StoredPlan, StoredStep
from store.rights.signoffs import SignOff, SignOffs
from tests.rights_world import AGENCIES, IN_FOLDERS, OF_AGENCIES, OF_LISTS, REGION, build, directory
from triage.house import House, PostboxPlan
from triage.rights import matrix as rights_matrix
from triage.rights.decisions import Standing

NOW = datetime(2026, 11, 23, 8, 47, 12, tzinfo=UTC)
TODAY = date(2026, 11, 23)
BOX = PostboxPlan("SC-Südwest", REGION, is_observed=False)
WORLD = build(
    Naming.ADDRESS,
    {(code, AGENCIES[n % 6], False) for n, code in enumerate((*IN_FOLDERS, *OF_LISTS))}
    | {
        (Code.INHERITED, "101", True),
        (OF_AGENCIES[0], "107", False),
        (OF_AGENCIES[1], "108", False),
    },
)
FINDINGS = audit(WORLD.folder_acls(), WORLD.should())
FOLDERS = tuple(acl.folder for acl in WORLD.folder_acls())
AUDIT = Audit(3, BOX.name, REGION, NOW, "worker", 1, len(FOLDERS), FINDINGS, FOLDERS)
GONE = Key(Code.SURPLUS, "101 Ort101", "weg@dienst.example")
ROUND = RunningRound(1, Round(REGION, TODAY, TODAY, TODAY - timedelta(days=1)), NOW, ())
LISTS = Reported(1, REGION, NOW, "demo-admin", "suedwest.csv", tuple(WORLD.lists.values()))


@dataclass(frozen=True)
class MatrixHouse:
    """All of a house that the matrix asks for."""

    directory = directory()

    def today(self) -> date:
        return TODAY


def stored(state: PlanState, *, by: str = "demo-admin-2") -> StoredPlan:
    plan = make_plan(FINDINGS)
    return StoredPlan(7, 3, BOX.name, REGION, state, NOW, by, NOW, "demo-admin", NOW, plan)


def standing(**changed: object) -> Standing:
    first = FINDINGS[0]
    signed = SignOff("104", "", 1, 3, frozenset(), "In Plan 7", NOW, "demo-admin")
    one = replace(signed, agency="101", folder="101 Ort101", keys=frozenset({first.key, GONE}))
    signs = SignOffs({("101", one.folder): one}, {"104": signed})
    base = Standing(
        box=BOX, audit=AUDIT, open=FINDINGS[1:], kept=FINDINGS[:1],
        keeps={first.key: Keep(1, first.key, "Vertretung bis Jahresende", TODAY, NOW, "x")},
        sign_offs=signs, plan=stored(PlanState.PROPOSED), reported=LISTS, round=ROUND,
        orders=(), last_failure="",
    )  # fmt: skip
    return replace(base, **changed)


def matrix(
    request: Request, *found: Standing, asked: Asked, fault: Fault | None = None
) -> Response:
    rows = rights_matrix.rows(MatrixHouse(), found)  # type: ignore[arg-type]
    viewer = Viewer("demo-admin", TODAY, may_write=True)
    return matrix_page(request, found, rows, asked=asked, viewer=viewer, fault=fault)


def folders(
    request: Request,
    found: Standing,
    *,
    wanted: str = "alle",
    fault: folder_page.Fault | None = None,
) -> Response:
    asked = folder_page.Asked(BOX.name, stand=wanted)
    house: House = MatrixHouse()  # type: ignore[assignment]
    boxes = (BOX.name, "SC-Nord")
    return folder_page.page_of(request, house, found, asked=asked, boxes=boxes, fault=fault)


def long_names() -> Standing:
    """An agency with fifty findings whose accounts have no end."""
    many = tuple(
        Finding(
            Code.SURPLUS, f"101 Ort101/{'Unterordner' * 9}{n}", "101", f"{'x' * 120}{n}@y.example"
        )
        for n in range(50)
    )
    return standing(open=many, plan=None)


def plan(request: Request, state: PlanState) -> Response:
    shown = stored(state)
    acl = WORLD.folder_acls()[0]
    first, second = shown.plan.folders()[:2]
    steps = (
        StoredStep(first, "apply", StepState.DONE, NOW, "", acl, acl),
        StoredStep(second, "apply", StepState.FAILED, NOW, "rights.changed_meanwhile", acl, acl),
    )
    begun = steps if state is PlanState.STOPPED else ()
    return page(
        request, "rechte_plan.html", stored=shown, steps=begun,
        folders=[(name, shown.plan.of_folder(name)) for name in shown.plan.folders()],
        counts=shown.plan.counts(), done={step.folder: step for step in begun}, may_write=True,
        mine=False, decided_by_you=False, orders=(), fault=None, w=rights_words,
    )  # fmt: skip


def report(request: Request) -> Response:
    found = standing()
    rows = rights_matrix.rows(MatrixHouse(), [found])  # type: ignore[arg-type]
    parts = [(found, rows, rights_matrix.sums(rows))]
    return page(request, "rechte_bericht.html", parts=parts, stand=NOW, w=rights_words)


def lists(
    request: Request,
    *,
    is_wrong: bool = False,
    source: str = LISTS.source,
    hindrance: tuple[str, str] = ("", ""),
) -> Response:
    marks = [Mark(Step.AGENCY, "101", TODAY, "x", "Grund genannt")]
    agencies = directory().by_region(REGION)
    reported = LISTS.lists
    return page(
        request, "rechte_verteiler.html", status=422 if is_wrong else 200, box=BOX,
        boxes=(BOX, replace(BOX, name="SC-Nord")), reported=replace(LISTS, source=source),
        minutes=10 if source != LISTS.source else 0, hindrance=hindrance,
        rows=[(one, [x for x in reported if x.agency == one.code]) for one in agencies],
        region_lists=[one for one in reported if one.region], without=agencies[:1],
        links=from_the_top(
            chain(directory(), ROUND.asked, marks, today=TODAY + timedelta(days=3))
        ),
        fault_form="datei" if is_wrong else "",
        fault=["Die Datei wurde nicht übernommen:", "Zeile 3: falsch"] if is_wrong else [],
        w=rights_words,
    )  # fmt: skip


ORDER = Order(1, BOX.name, "audit", None, NOW, "demo-admin")
PAGES: dict[str, Callable[[Request], Response]] = {
    "rechte": lambda r: matrix(r, standing(), asked=Asked(agentur="101")),
    "rechte-ordner": lambda r: folders(r, standing()),
    "rechte-ordner-falsch": lambda r: folders(
        r,
        standing(),
        fault=folder_page.Fault(
            "Eine Begründung hat mindestens 10 Zeichen.", "kurz", frozenset({"101 Ort101"})
        ),
    ),
    "rechte-ordner-leer": lambda r: folders(r, standing(), wanted="abgezeichnet"),
    "rechte-ordner-ungeprueft": lambda r: folders(
        r, standing(audit=None, open=(), kept=(), plan=None, sign_offs=SignOffs({}, {}))
    ),
    "rechte-ordner-lang": lambda r: folders(r, long_names()),
    "rechte-regionen": lambda r: matrix(
        r,
        standing(),
        standing(box=replace(BOX, name="SC-Zwei"), plan=None),
        asked=Asked(agentur="-", postfach="SC-Zwei"),
    ),
    "rechte-leer": lambda r: matrix(r, asked=Asked()),
    "rechte-ungeprueft": lambda r: matrix(
        r,
        standing(
            audit=None, open=(), kept=(), plan=None, orders=(ORDER,), sign_offs=SignOffs({}, {})
        ),
        asked=Asked(),
    ),
    "rechte-sauber": lambda r: matrix(r, standing(open=(), plan=None), asked=Asked(agentur="104")),
    "rechte-gefiltert": lambda r: matrix(r, standing(), asked=Asked(suche="gibt es nicht")),
    "rechte-lang": lambda r: matrix(r, long_names(), asked=Asked(agentur="101")),
    "rechte-gescheitert": lambda r: matrix(
        r,
        standing(last_failure="postbox.no_right", plan=stored(PlanState.STOPPED)),
        asked=Asked(),
    ),
    "rechte-begruenden": lambda r: matrix(
        r,
        standing(plan=stored(PlanState.APPROVED)),
        asked=Asked(agentur="102"),
        fault=Fault("abzeichnen", "Eine Begründung hat mindestens 10 Zeichen.", {"grund": "kurz"}),
    ),
    "rechte-plan": lambda r: plan(r, PlanState.PROPOSED),
    "rechte-plan-angehalten": lambda r: plan(r, PlanState.STOPPED),
    "rechte-bericht": report,
    "rechte-verteiler": lists,
    "rechte-verteiler-falsch": lambda r: lists(r, is_wrong=True),
    "rechte-verteiler-wartet": lambda r: lists(
        r, source="LDAP", hindrance=("rights.lists_waiting", "101, 102")
    ),
    "rechte-verteiler-fern": lambda r: lists(r, source="ExpandDL", hindrance=("ldap.away", "")),
}

IN_BROWSER = {
    name: PAGES[name]
    for name in (
        "rechte",
        "rechte-ungeprueft",
        "rechte-lang",
        "rechte-ordner-falsch",
        "rechte-plan-angehalten",
        "rechte-bericht",
        "rechte-verteiler-falsch",
    )
}
"""The states that differ most in what a browser sees; all of them are asked for words."""
