"""Folder rights at the doors: scope by region, a second person, orders to the worker, pages."""

import io
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from api.app import make_app
from ingest.maildir.postbox import create_tree
from ingest.maildir.rights import MaildirRights
from rules.access import Caller
from rules.codes import Role
from rules.rights.distribution_csv import write_lists
from rules.rights.folder_acl import Naming
from rules.rights.folder_findings import Code
from store.processes import heartbeats
from store.rights import plans as rights_plans
from store.tables.rights import rights_plan
from tests.api import rights_samples
from tests.api.answers import code_of
from tests.api.conftest import Doors
from tests.api.desk_person import Person, at_desk
from tests.api.desk_samples import cookie
from tests.api.door_client import DoorClient, of_person
from tests.api.item_samples import ADMIN
from tests.api.small_door import ClockHouse, door_settings, small_app
from tests.rights_peers import into_maildir
from tests.rights_world import AGENCIES, REGION, build, directory, person
from triage.house import House, PostboxPlan, RightsPolicy
from triage.rights import reporting as rights_reporting
from triage.rights import work as rights_work

BOX = "SC-Südwest"
NAMES = {"anna": None, "bert": None, "nord": ("Nord",)}
WORLD = build(
    Naming.IMAP,
    {
        (Code.SURPLUS, "101", False),
        (Code.MISSING, "102", True),
        (Code.NOT_READABLE, "103", False),
        (Code.AGENCY_WITHOUT_LIST, "104", False),
    },
)
CSV = write_lists(WORLD.lists.values())
RIGHTS = "/v1/admin/rights"


@dataclass
class Office:
    """The doors of a house with one postbox of its own and one of the north."""

    house: House
    root: Path

    def caller(self, name: str) -> DoorClient:
        regions = NAMES[name] and frozenset(NAMES[name])
        return of_person(self.app(), Caller(name, Role.ADMIN, agencies=None, regions=regions))

    def app(self):
        return make_app(self.house, door_settings(demo=True))

    def desk(self, seat: str = "admin") -> Person:
        return at_desk(self.app(), seat=seat)

    def work(self) -> int:
        return rights_work.orders(self.house, "w", {BOX: lambda: MaildirRights(BOX, self.root)})


@pytest.fixture
def office(doors: Doors, tmp_path: Path) -> Office:
    root = tmp_path / "box"
    create_tree(root)
    into_maildir(WORLD, root)
    plans = (PostboxPlan(BOX, REGION, False), PostboxPlan("SC-Nord", "Nord", False))
    policy = replace(doors.house.policy, rights=RightsPolicy(may_write=True), postboxes=plans)
    judging = replace(doors.house.judging, directory=directory())
    return Office(replace(doors.house, policy=policy, judging=judging), root)


def take_lists(office: Office) -> None:
    done = office.caller("anna").post(f"{RIGHTS}/lists", json={"region": REGION, "csv": CSV})
    assert done.json() == {"lists": 8, "members": 14, "without": ["104"]}


def looked_at(office: Office) -> DoorClient:
    take_lists(office)
    anna = office.caller("anna")
    assert anna.post(f"{RIGHTS}/audits", json={"postbox": BOX}).status_code == 202
    assert office.work() == 1
    return anna


def test_from_lists_to_a_plan_carried_out_and_undone(office: Office) -> None:
    anna, bert = looked_at(office), office.caller("bert")
    found = anna.get(f"{RIGHTS}/findings", params={"postbox": BOX}).json()["findings"]
    told = {(one["code"], one["folder"], one["subject"]) for one in found}
    assert told == {(code.value, folder, who) for code, folder, who in WORLD.expected}
    plan_id = anna.post(f"{RIGHTS}/plans", json={"postbox": BOX}).json()["plan_id"]
    plan = anna.get(f"{RIGHTS}/plans/{plan_id}").json()
    assert [(one["deed"], one["folder"]) for one in plan["changes"]] == [
        ("-", "101 Ort101"),
        ("+", "102 Ort102/AU"),
    ]
    refused = anna.post(f"{RIGHTS}/plans/{plan_id}/approve")
    assert code_of(refused) == (422, "rights.same_person")
    assert code_of(anna.post(f"{RIGHTS}/plans/{plan_id}/apply")) == (422, "rights.not_approved")
    for deed in ("approve", "reject", "apply", "undo"):
        other = bert.post(f"{RIGHTS}/plans/{plan_id}/{deed}", json={"hash": "0" * 64})
        assert code_of(other) == (409, "rights.plan_changed")
    read = {"hash": plan["hash"]}
    assert bert.post(f"{RIGHTS}/plans/{plan_id}/approve", json=read).status_code == 204
    assert anna.post(f"{RIGHTS}/plans/{plan_id}/apply", json=read).status_code == 202
    assert office.work() == 1
    box = anna.get(RIGHTS).json()["postboxes"][0]
    assert (box["plan_state"], box["open"]) == ("applied", 2)
    assert anna.post(f"{RIGHTS}/plans/{plan_id}/undo").status_code == 202
    assert office.work() == 1
    steps = anna.get(f"{RIGHTS}/plans/{plan_id}").json()["steps"]
    assert {(step["kind"], step["state"]) for step in steps} == {
        ("apply", "done"),
        ("undo", "done"),
    }


def test_a_region_sees_and_decides_nothing_of_another(office: Office) -> None:
    anna, north = looked_at(office), office.caller("nord")
    plan_id = anna.post(f"{RIGHTS}/plans", json={"postbox": BOX}).json()["plan_id"]
    assert [one["postbox"] for one in north.get(RIGHTS).json()["postboxes"]] == ["SC-Nord"]
    asked = [
        north.get(f"{RIGHTS}/findings", params={"postbox": BOX}),
        north.post(f"{RIGHTS}/audits", json={"postbox": BOX}),
        north.post(f"{RIGHTS}/plans", json={"postbox": BOX}),
        north.get(f"{RIGHTS}/plans/{plan_id}"),
        north.post(f"{RIGHTS}/plans/{plan_id}/approve"),
        north.post(f"{RIGHTS}/plans/{plan_id}/reject"),
        north.post(f"{RIGHTS}/plans/{plan_id}/apply"),
        north.post(f"{RIGHTS}/signoffs", json={"postbox": BOX, "agency": "101"}),
        north.get(f"{RIGHTS}/folders", params={"postbox": BOX}),
        north.post(f"{RIGHTS}/folder-signoffs", json={"postbox": BOX, "folders": ["101 Ort101"]}),
        north.get(f"{RIGHTS}/lists", params={"region": REGION}),
        north.post(f"{RIGHTS}/lists", json={"region": REGION, "csv": CSV}),
        north.get(f"{RIGHTS}/chain", params={"region": REGION}),
    ]
    assert {code_of(answer) for answer in asked} == {
        (404, "plan.unknown"),
        (404, "postbox.unknown"),
        (404, "region.unknown"),
    }


def test_a_clerk_has_no_business_here(office: Office, doors: Doors) -> None:
    assert code_of(doors.kassel.get(RIGHTS)) == (403, "access.denied")
    clerk = at_desk(make_app(office.house, door_settings(demo=True)), agency="101")
    clerk.open("/rechte")
    assert clerk.answer.status_code == 403


def test_a_wrong_file_is_refused_with_its_lines(office: Office) -> None:
    sent = {"region": REGION, "csv": "verteiler;agentur\nfalsch;101\nx@y.example;999"}
    refused = office.caller("anna").post(f"{RIGHTS}/lists", json=sent)
    assert code_of(refused) == (422, "rights.csv")
    assert [one["line"] for one in refused.json()["details"]["errors"]] == [2, 3]


def test_lists_are_shown_without_their_members(office: Office) -> None:
    anna = looked_at(office)
    told = anna.get(f"{RIGHTS}/lists", params={"region": REGION})
    assert {one["agency"] for one in told.json()["lists"]} == {*AGENCIES, None} - {"104"}
    assert person("101") not in told.text


def test_a_finding_is_kept_and_an_agency_signed_off(office: Office) -> None:
    anna = looked_at(office)
    key = {"code": "rights.surplus", "folder": "101 Ort101", "subject": "fremd0.101"}
    asked = {"postbox": BOX, **key, "reason": "Vertretung bis Jahresende", "until": "2026-12-31"}
    assert anna.post(f"{RIGHTS}/keeps", json=asked).status_code == 204
    ghost = anna.post(f"{RIGHTS}/keeps", json=asked | {"code": "rights.geist"})
    assert code_of(ghost) == (404, "finding.unknown")
    late = anna.post(f"{RIGHTS}/signoffs", json={"postbox": BOX, "agency": "102"})
    assert code_of(late) == (422, "rights.reason_too_short")
    assert (
        anna.post(f"{RIGHTS}/signoffs", json={"postbox": BOX, "agency": "101"}).status_code == 204
    )
    box = anna.get(RIGHTS).json()["postboxes"][0]
    assert (box["kept"], box["signed"]) == (1, 1)


def test_folders_are_signed_off_one_by_one(office: Office) -> None:
    anna = looked_at(office)
    here = {"postbox": BOX}
    told = anna.get(f"{RIGHTS}/folders", params=here).json()
    by_name = {one["folder"]: one for one in told["folders"]}
    assert (by_name["101 Ort101"]["state"], by_name["101 Ort101"]["open"]) == ("open", 1)
    sent = here | {"folders": ["101 Ort101", "108 Ort108"], "audit_id": told["audit_id"]}
    late = anna.post(f"{RIGHTS}/folder-signoffs", json=sent)
    assert code_of(late) == (422, "rights.reason_too_short")
    sent["reason"] = "wird mit Plan 1 gerichtet"
    old = anna.post(f"{RIGHTS}/folder-signoffs", json=sent | {"audit_id": 99})
    assert code_of(old) == (409, "rights.newer_audit")
    ghost = anna.post(f"{RIGHTS}/folder-signoffs", json=sent | {"folders": ["Nirgends"]})
    assert code_of(ghost)[1] == "rights.folder_unknown"
    assert anna.post(f"{RIGHTS}/folder-signoffs", json=sent).status_code == 204
    signed = anna.get(f"{RIGHTS}/folders", params=here | {"state": "signed"}).json()["folders"]
    assert [(one["folder"], one["signed_by"], one["reason"]) for one in signed] == [
        ("101 Ort101", "anna", sent["reason"]),
        ("108 Ort108", "anna", sent["reason"]),
    ]
    assert anna.get(RIGHTS).json()["postboxes"][0]["folders_signed"] == 2


def test_folders_are_signed_off_on_their_page(office: Office) -> None:
    looked_at(office)
    anna = office.desk()
    page = "/rechte/ordner?postfach=SC-S%C3%BCdwest"
    anna.open(f"{page}&agentur=101&stand=alle")
    assert anna.words("table").count("101 Ort101") == 2
    anna.send("abzeichnen", ordner=["101 Ort101"], grund="kurz")
    assert anna.answer.status_code == 422
    assert "10 Zeichen" in anna.words(".fault")
    assert "checked" in anna.answer.text
    anna.send("abzeichnen", ordner=["101 Ort101"], grund="wird mit Plan 1 gerichtet")
    assert "Abgezeichnet: 1." in anna.answer.text
    assert "wird mit Plan 1 gerichtet" in anna.words("table")
    anna.open(page)
    anna.send("abzeichnen", umfang="sauber")
    assert anna.answer.status_code == 200
    left = anna.words("table")
    assert "102 Ort102/AU" in left
    assert "108 Ort108" not in left
    anna.send("abzeichnen")
    assert anna.answer.status_code == 422


def test_the_round_and_its_chain(office: Office) -> None:
    anna = office.caller("anna")
    days = {"agencies_due": "2026-12-04", "directions_due": "2026-12-09"}
    asked = {"region": REGION, **days, "region_due": "2026-12-18"}
    assert anna.post(f"{RIGHTS}/rounds", json=asked).status_code == 201
    wrong = anna.post(f"{RIGHTS}/rounds", json=asked | {"region_due": "2026-12-01"})
    assert code_of(wrong) == (422, "rights.round_order")
    take_lists(office)
    links = anna.get(f"{RIGHTS}/chain", params={"region": REGION}).json()["links"]
    assert [one["unit"] for one in links if one["done_on"]] == [c for c in AGENCIES if c != "104"]
    step = {"region": REGION, "step": "direction", "unit": "Hessen"}
    assert code_of(anna.post(f"{RIGHTS}/chain", json=step)) == (422, "rights.chain_incomplete")
    noted = anna.post(f"{RIGHTS}/chain", json=step | {"note": "104 ist ohne Eingangszone"})
    assert noted.status_code == 204


def test_the_page_says_which_lists_wait_for_a_person(office: Office) -> None:
    rights_reporting.import_lists(office.house, ADMIN, REGION, data=CSV.encode(), source="LDAP")
    policy = replace(office.house.policy, rights=RightsPolicy(follow_minutes=10))
    followed = replace(office, house=replace(office.house, policy=policy))
    page = "/rechte/verteiler?postfach=SC-Südwest"
    anna = followed.desk()
    anna.open(page)
    assert "alle 10 Minuten" in anna.words("h1 + p")
    with office.house.db.write() as tx:
        code, now = "rights.lists_waiting", office.house.clock()
        heartbeats.beat(tx, f"lists:{REGION}", code=code, message="101, 102", now=now)
    anna.open(page)
    assert "101, 102" in anna.words(".note.bad")
    plain = office.desk()
    plain.open(page)
    assert "Minuten" not in plain.words("h1 + p")


def test_an_admin_does_the_whole_job_on_the_pages(office: Office) -> None:
    anna, bert = office.desk(), office.desk("second")
    anna.open("/rechte/verteiler?postfach=SC-Südwest")
    upload(anna, "verteiler;agentur\nfalsch;101")
    assert anna.answer.status_code == 422
    assert "Zeile 2" in anna.words("[role=alert]")
    upload(anna, CSV)
    assert "Verteiler eingelesen: 8." in anna.words(".notice")
    anna.open("/rechte?postfach=SC-Südwest")
    assert "noch nicht geprüft" in anna.words("tbody tr")
    anna.send("pruefen")
    assert office.work() == 1
    anna.open("/rechte?postfach=SC-Südwest&agentur=101")
    assert "Zu viel" in anna.words("#befund")
    assert "k1011" not in anna.words("#befund")
    anna.send("vorschlagen")
    assert "zweite Person" in anna.words("main")
    url = anna.url
    bert.open(url)
    bert.send("freigeben")
    bert.send("ausfuehren")
    assert "wird ausgeführt" in bert.words("main")
    assert office.work() == 1
    bert.open(url)
    assert "geschrieben und nachgelesen" in bert.words("tbody")
    bert.send("zuruecknehmen")
    assert office.work() == 1
    bert.open("/rechte?postfach=SC-Südwest&agentur=101")
    assert "zurückgenommen" in bert.words("main")
    bert.send("belassen", grund="kurz", bis="31.12.2026")
    assert "mindestens 10 Zeichen" in bert.words(".fault")
    bert.send("belassen", grund="Vertretung bis Jahresende", bis="31.12.2026")
    assert "1 belassen" in bert.words("tbody")
    bert.open("/rechte?postfach=SC-Südwest&agentur=-")
    bert.send("abzeichnen", grund="Auflösung ist beauftragt")
    assert "Abgezeichnet." in bert.words(".notice")
    bert.open("/rechte?postfach=SC-Südwest&agentur=102")
    bert.send("abzeichnen", grund="")
    assert bert.answer.status_code == 422
    bert.send("abzeichnen", grund="Plan folgt nach der Pause")
    assert "Abgezeichnet." in bert.words(".notice")


def upload(who: Person, text: str) -> None:
    """Send a file with the form of the page, as a browser would."""
    hidden = {
        node.getattr("name"): node.getattr("value")
        for node in who.page.query_selector_all("form[enctype] input[type=hidden]")
    }
    file = {"datei": ("liste.csv", text.encode("cp1252"), "text/csv")}
    sent = who.client.post("/rechte/verteiler", data=hidden, files=file)
    who._follow(sent, "/rechte/verteiler")


def test_a_proposal_is_put_aside_on_its_page(office: Office) -> None:
    looked_at(office)
    anna = office.desk()
    anna.open("/rechte?postfach=SC-Südwest")
    anna.send("vorschlagen")
    anna.send("verwerfen")
    assert "Plan verworfen" in anna.words(".notice")
    assert "Plan 1 wurde" in anna.words("main")
    anna.open("/rechte/plan/1")
    assert "verworfen" in anna.words("main h1 + p")
    assert "entschieden" not in anna.words("main")


def test_who_proposed_a_plan_reads_why_another_person_put_it_aside(office: Office) -> None:
    looked_at(office)
    anna, bert = office.desk(), office.desk("second")
    anna.open("/rechte?postfach=SC-Südwest")
    anna.send("vorschlagen")
    bert.open(anna.url)
    bert.send("verwerfen", grund="so nicht")
    assert bert.answer.status_code == 422
    assert "mindestens 10 Zeichen" in bert.words("#verworfen-fehler")
    assert "so nicht" in bert.words("#verworfen-weil")
    why = "Die Vertretung der 101 endet erst im Januar"
    bert.send("verwerfen", grund=why)
    assert "Plan verworfen" in bert.words(".notice")
    for page in ("/rechte?postfach=SC-Südwest", "/rechte/plan/1"):
        anna.open(page)
        assert f"Verworfen, weil: {why}" in anna.words("main")


def test_a_program_gives_the_reason_or_is_one_from_before_reasons(office: Office) -> None:
    anna, bert = looked_at(office), office.caller("bert")
    plans = f"{RIGHTS}/plans"
    first = anna.post(plans, json={"postbox": BOX}).json()["plan_id"]
    for short in ("", "  so nicht "):
        refused = bert.post(f"{plans}/{first}/reject", json={"reason": short})
        assert code_of(refused) == (422, "rights.reason_too_short")
    assert bert.post(f"{plans}/{first}/reject").status_code == 204
    assert not anna.get(f"{plans}/{first}").json()["reason"]
    second = anna.post(plans, json={"postbox": BOX}).json()["plan_id"]
    told = {"reason": "Die Agentur löst sich auf"}
    assert bert.post(f"{plans}/{second}/reject", json=told).status_code == 204
    assert anna.get(f"{plans}/{second}").json()["reason"] == told["reason"]


def test_the_page_decides_on_the_plan_that_it_has_shown(office: Office) -> None:
    """The number is another plan's by the time the form is sent, as after a restore."""
    looked_at(office)
    anna, bert = office.desk(), office.desk("second")
    anna.open("/rechte?postfach=SC-Südwest")
    anna.send("vorschlagen")
    bert.open(anna.url)
    with office.house.db.write() as tx:
        changes = tx.run(sa.select(rights_plan.c.changes)).scalar_one()
        tx.run(sa.update(rights_plan).values(changes=changes[:1]))
    bert.send("freigeben")
    assert bert.answer.status_code == 409
    assert "nicht mehr, was die Seite gezeigt hat" in bert.words("main")
    bert.open(anna.url)
    bert.send("freigeben")
    assert "Plan ausführen" in bert.words("main")
    bert.send("verwerfen", grund="Die Agentur löst sich auf")
    assert "Plan verworfen" in bert.words(".notice")


def test_the_page_says_that_a_plan_was_overtaken(office: Office) -> None:
    looked_at(office)
    anna, bert = office.desk(), office.desk("second")
    anna.open("/rechte?postfach=SC-Südwest")
    anna.send("vorschlagen")
    bert.open("/rechte?postfach=SC-Südwest")
    assert "gilt nicht mehr" not in bert.words("main")
    with office.house.db.write() as tx:
        rights_plans.void_proposals(tx, "SC-Südwest", now=office.house.clock())
    bert.open("/rechte?postfach=SC-Südwest")
    assert "Plan 1 gilt nicht mehr" in bert.words("main")
    bert.send("vorschlagen")
    bert.open("/rechte?postfach=SC-Südwest")
    assert "gilt nicht mehr" not in bert.words("main")


def test_the_page_says_that_lists_have_changed_after_the_look(office: Office) -> None:
    page, anna = "/rechte?postfach=SC-Südwest&agentur=108", looked_at(office)
    desk = office.desk()
    desk.open(page)
    assert "nichts auszusetzen: Die gemeldeten" in desk.words("main")
    assert anna.get(RIGHTS).json()["postboxes"][0]["is_stale"] is False
    take_lists(office)
    desk.open(page)
    assert "nichts auszusetzen: Die gemeldeten" not in desk.words("main")
    assert "Was hier steht, gilt für die Verteiler davor" in desk.words("main")
    assert anna.get(RIGHTS).json()["postboxes"][0]["is_stale"] is True
    desk.open("/rechte/bericht")
    assert "nach dieser Prüfung geändert" in desk.words("main")


def test_the_round_is_started_and_marked_on_the_page(office: Office) -> None:
    take_lists(office)
    anna = office.desk()
    anna.open("/rechte/verteiler?postfach=SC-Südwest")
    anna.send("runde", agenturen="4.12.2026", direktionen="9.12.2026", region="31.2.2027")
    assert anna.answer.status_code == 422
    anna.send("runde", agenturen="4.12.2026", direktionen="9.12.2026", region="18.12.2026")
    assert "Prüfrunde läuft" in anna.words(".notice")
    anna.send("vermerken", grund="zu früh")
    assert "Es fehlen noch" in anna.words(".fault")
    anna.send("vermerken", grund="Meldung liegt auf Papier vor")
    assert "Vermerkt." in anna.words(".notice")


READ = {
    "/rechte/befunde.csv": "Verteiler fehlt",
    "/rechte/befunde.csv?postfach=SC-Südwest": "Zu viel",
    "/rechte/verteiler.csv?postfach=SC-Südwest": "nicht gemeldet",
    "/rechte/meldekette.csv?postfach=SC-Südwest": "es fehlen",
    "/rechte/bericht": "Offene Befunde",
    "/rechte?befund=rights.missing": "102 Ort102",
    "/rechte?stand=offen&suche=108": "108 Ort108",
    "/rechte?suche=gibtesnicht": "ausgeblendet",
}


def test_what_can_be_read_tells_what_it_should(office: Office) -> None:
    looked_at(office)
    anna = office.desk()
    for path, word in READ.items():
        answer = anna.client.get(path)
        assert answer.status_code == 200, path
        assert word in answer.text, path
        assert person("101") not in answer.text, path


def test_workbooks_are_given_with_their_sheets(office: Office) -> None:
    looked_at(office)
    anna = office.desk()
    for path, word in (("befunde", "Verteiler fehlt"), ("verteiler", "nicht gemeldet")):
        answer = anna.client.get(f"/rechte/{path}.xlsx")
        assert answer.status_code == 200
        assert "spreadsheetml" in answer.headers["content-type"]
        with zipfile.ZipFile(io.BytesIO(answer.content)) as file:
            words = file.read("xl/sharedStrings.xml").decode()
            assert "xl/worksheets/sheet2.xml" in file.namelist()
        assert word in words
        assert person("101") not in words


def test_an_unknown_postbox_or_plan_is_not_found(office: Office) -> None:
    anna = office.desk()
    for path in ("/rechte/plan/99", "/rechte/verteiler?postfach=Nirgends"):
        anna.open(path)
        assert anna.answer.status_code in {404, 422}
        assert "Arbeitsplatz" not in anna.words("main"), "who administers has none"
        assert "Zur Lage" in anna.words("main .btn")


@pytest.mark.parametrize("name", rights_samples.PAGES)
def test_each_state_of_the_pages_says_something(name: str) -> None:
    from fastapi import Request, Response

    app = small_app(ClockHouse(lambda: rights_samples.NOW), demo=True)

    @app.get("/muster")
    def sample(request: Request) -> Response:
        return rights_samples.PAGES[name](request)

    client = DoorClient(app)
    client.cookies.update(cookie(ADMIN))
    answer = client.get("/muster")
    assert answer.status_code in {200, 422}
    assert "<h1>" in answer.text
