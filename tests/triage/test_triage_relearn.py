"""Corrections become training mail, but only after a second person looked."""

import json
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from classify.corpus.lines import read
from rules.codes import Concern, PaymentRelevant
from rules.item import MarkedConcern
from rules.postbox import Place
from store.desk import items
from store.mails import keeping, verdicts
from store.sending import outgoing
from store.trail import audit
from tests import one_sorter
from tests.house_fixture import ADMIN, MACHINE, clerk, eml, make_house
from tests.refusals import code_of
from triage import accept, handover, wiring, work
from triage.cli import app as cli
from triage.desk import holding, item_view
from triage.desk.correction import Correction
from triage.learning import relearn, training_file
from triage.marks import outlook_correction

TEXT = "Guten Tag, ich ziehe um. Karla Muster"


@pytest.fixture
def house(url):
    house = make_house(url)
    yield house
    house.db.close()


@pytest.fixture
def corrected(house) -> int:
    """A mail that the machine took for a Termin and a clerk for a move; the message's id."""
    kept = accept.hand_in(house, MACHINE, eml("Termin", TEXT))
    one_sorter.sort_pending(house)
    someone = clerk("435")
    claim = work.claim_next(house, someone, "435")
    said = Correction((Concern.ANSCHRIFT_NAME,), PaymentRelevant.YES)
    work.correct(house, someone, claim.item_id, claim.token, said)
    return kept.message_id


def lines_of(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_a_correction_alone_teaches_nothing(house, corrected, tmp_path) -> None:
    (waiting,) = relearn.corrections(house, ADMIN)
    assert (waiting.message_id, waiting.state, waiting.by) == (corrected, "clerk", "k-1")
    assert waiting.concerns == ("anschrift_name",)
    done = relearn.export(house, ADMIN, tmp_path / "out.jsonl")
    assert (done.confirmed, done.weak) == (0, 0)


def test_a_confirmed_correction_becomes_a_line_that_training_takes(
    house, corrected, tmp_path
) -> None:
    relearn.confirm(house, ADMIN, corrected)
    out = tmp_path / "deep" / "out.jsonl"
    assert relearn.export(house, ADMIN, out).confirmed == 1
    assert out.stat().st_mode & 0o777 == 0o600
    (line,) = lines_of(out)
    assert (line["source"], line["concerns"], line["payment_relevant"]) == (
        "confirmed",
        ["anschrift_name"],
        "yes",
    )
    assert "alex@post.example" not in out.read_text(encoding="utf-8")
    (read_back,) = read([out])
    assert (read_back.weight, read_back.body.strip()) == (1.0, TEXT)


def test_who_exports_stands_in_the_trail_before_anything_lies_outside(
    house, corrected, tmp_path, monkeypatch
) -> None:
    def killed(*_: object) -> None:
        raise Crash

    class Crash(BaseException):
        """The process dies while it writes."""

    relearn.confirm(house, ADMIN, corrected)
    monkeypatch.setattr(training_file, "write", killed)
    with pytest.raises(Crash):
        relearn.export(house, ADMIN, tmp_path / "out.jsonl")
    with house.db.read() as tx:
        (entry,) = audit.of_subject(tx, "relearn")
    assert (entry.actor, entry.details) == ("a-1", {"confirmed": 1, "weak": 0})


def test_a_line_for_training_has_nobodys_number_or_address(house, tmp_path) -> None:
    text = (
        "Neues Konto DE89 3704 0044 0532 0130 00, Tel. 0561 402219. KdNr. 123A456789, Karla Muster"
    )
    kept = accept.hand_in(house, MACHINE, eml("Konto 123A456789", text))
    one_sorter.sort_pending(house)
    someone = clerk("435")
    claim = work.claim_next(house, someone, "435")
    said = Correction((Concern.BANKVERBINDUNG,), PaymentRelevant.YES)
    work.correct(house, someone, claim.item_id, claim.token, said)
    relearn.confirm(house, ADMIN, kept.message_id)
    relearn.export(house, ADMIN, tmp_path / "out.jsonl")
    (line,) = lines_of(tmp_path / "out.jsonl")
    assert line["subject"] == "Konto 111A111111"
    assert line["body"].startswith("Neues Konto DE")
    assert line["body"].endswith("Tel. 0111 111111. KdNr. 111A111111, Karla Muster")
    written = str(line).replace(" ", "")
    assert not any(own in written for own in ("04400532", "402219", "123A456789"))


def test_what_was_turned_down_never_teaches_and_the_item_stays_corrected(
    house, corrected, tmp_path
) -> None:
    relearn.turn_down(house, ADMIN, corrected, reason="Es geht um den Termin.")
    assert relearn.corrections(house, ADMIN) == ()
    both = (relearn.CONFIRMED, relearn.WEAK)
    done = relearn.export(house, ADMIN, tmp_path / "out.jsonl", sources=both)
    assert (done.confirmed, done.weak) == (0, 0)
    assert item_view.view(house, clerk("435"), 1).corrected
    with house.db.read() as tx:
        entries = audit.of_subject(tx, f"message:{corrected}")
        (entry,) = [one for one in entries if one.action == "relearn.turned_down"]
    assert "Termin" not in str(entry.details)
    late = lambda: relearn.turn_down(house, ADMIN, corrected, reason="noch einmal dasselbe")  # noqa: E731
    assert code_of(late) == "relearn.no_correction"


def test_another_correction_after_a_refused_one_waits_anew(house, corrected) -> None:
    relearn.turn_down(house, ADMIN, corrected, reason="Es geht um den Termin.")
    someone = clerk("435")
    holding.free(house, ADMIN, 1)
    held = work.claim_item(house, someone, 1)
    said = Correction((Concern.BERATUNG,), PaymentRelevant.YES)
    work.correct(house, someone, 1, held.token, said)
    (waiting,) = relearn.corrections(house, ADMIN)
    assert (waiting.state, waiting.concerns) == ("clerk", ("beratung",))


def test_who_corrected_may_not_confirm_and_nobody_twice(house, corrected) -> None:
    same = replace(ADMIN, name="k-1")
    assert code_of(lambda: relearn.confirm(house, same, corrected)) == "relearn.same_person"
    assert code_of(lambda: relearn.confirm(house, clerk("435"), corrected)) == "access.denied"
    relearn.confirm(house, ADMIN, corrected)
    assert code_of(lambda: relearn.confirm(house, ADMIN, corrected)) == "relearn.no_correction"
    assert code_of(lambda: relearn.confirm(house, ADMIN, 4711)) == "mail.unknown"


def test_a_confirmed_item_still_shows_that_it_was_corrected(house, corrected) -> None:
    relearn.confirm(house, ADMIN, corrected)
    with house.db.read() as tx:
        actions = [entry.action for entry in audit.of_subject(tx, f"message:{corrected}")]
    assert "relearn.confirmed" in actions
    assert item_view.view(house, clerk("435"), 1).corrected


def test_a_concern_marked_in_outlook_is_a_weak_label(house, tmp_path) -> None:
    kept = accept.hand_in(house, MACHINE, eml("Termin", TEXT))
    one_sorter.sort_pending(house)
    with house.db.write() as tx:
        item = items.of_message(tx, kept.message_id)
        event = MarkedConcern(PaymentRelevant.NO)
        outlook_correction.concern(house, tx, item, Concern.BERATUNG, event=event)
    out = tmp_path / "weak.jsonl"
    assert relearn.export(house, ADMIN, out, sources=(relearn.WEAK,)).weak == 1
    (line,) = lines_of(out)
    assert (line["concerns"], line["weight"]) == (["beratung"], relearn.WEAK_WEIGHT)


def test_a_folder_chosen_by_hand_is_a_weak_label(house, tmp_path) -> None:

    with house.db.write() as tx:
        kept = keeping.keep(
            tx,
            keeping.Arrival(
                eml("Termin", TEXT),
                house.clock(),
                "postbox",
                "SC",
                "Südwest",
                Place("435 Kassel/Anschrift und Name", "1", "7"),
            ),
            now=house.clock(),
        )
    one_sorter.sort_pending(house)
    out = tmp_path / "weak.jsonl"
    done = relearn.export(house, ADMIN, out, sources=(relearn.CONFIRMED, relearn.WEAK))
    assert (done.confirmed, done.weak) == (0, 1)
    (line,) = lines_of(out)
    assert (line["id"], line["concerns"]) == (f"message-{kept.message_id}", ["anschrift_name"])
    assert (line["source"], line["weight"]) == ("weak", relearn.WEAK_WEIGHT)


def test_real_mail_is_never_written_into_a_source_tree(house, corrected, tmp_path) -> None:
    (tmp_path / "tree" / ".git").mkdir(parents=True)
    out = tmp_path / "tree" / "corpus" / "out.jsonl"
    assert code_of(lambda: relearn.export(house, ADMIN, out)) == "relearn.inside"
    assert not out.exists()


def test_a_look_at_a_correction_makes_no_second_hand_over(house) -> None:
    kept = accept.hand_in(house, MACHINE, eml("Krank", TEXT))
    one_sorter.sort_pending(house)
    someone = clerk("435")
    claim = work.claim_next(house, someone, "435")
    said = Correction((Concern.ANSCHRIFT_NAME,), PaymentRelevant.YES)
    work.correct(house, someone, claim.item_id, claim.token, said)
    row = handover.order(house, someone, claim.item_id, claim.token)
    relearn.confirm(house, ADMIN, kept.message_id)
    assert handover.order(house, someone, claim.item_id, claim.token) == row
    work.correct(house, someone, claim.item_id, claim.token, said)
    assert handover.order(house, someone, claim.item_id, claim.token) != row
    relearn.turn_down(house, ADMIN, kept.message_id, reason="Es geht um den Termin.")
    handover.order(house, someone, claim.item_id, claim.token)
    with house.db.read() as tx:
        assert len(outgoing.of_item(tx, claim.item_id)) == 2


def test_only_the_correction_that_was_shown_is_confirmed_or_turned_down(house, corrected) -> None:
    (shown,) = relearn.waiting(house, ADMIN, limit=10)
    someone, token = clerk("435"), work.claim_item(house, clerk("435"), 1).token
    work.correct(house, someone, 1, token, Correction((Concern.BERATUNG,), PaymentRelevant.YES))
    again = "relearn.corrected_again"
    reason = "Es geht um den Termin."
    assert code_of(lambda: relearn.confirm(house, ADMIN, corrected, seen=shown.id)) == again
    late = lambda: relearn.turn_down(house, ADMIN, corrected, reason=reason, seen=shown.id)  # noqa: E731
    assert code_of(late) == again
    (waits,) = relearn.waiting(house, ADMIN, limit=10)
    relearn.confirm(house, ADMIN, corrected, seen=waits.id)
    assert relearn.waiting(house, ADMIN, limit=10) == ()


def test_a_correction_that_is_being_made_does_not_end_up_below_what_is_confirmed(
    house, corrected, monkeypatch
) -> None:
    someone, token = clerk("435"), work.claim_item(house, clerk("435"), 1).token
    (shown,) = relearn.waiting(house, ADMIN, limit=10)
    told: list[str] = []
    second = threading.Thread(
        target=lambda: told.append(
            code_of(lambda: relearn.confirm(house, ADMIN, corrected, seen=shown.id))
        )
    )
    kept = verdicts.add

    def add_and_confirm(*given, **named) -> int:
        number = kept(*given, **named)
        monkeypatch.setattr(verdicts, "add", kept)
        second.start()
        second.join(0.2)
        return number

    monkeypatch.setattr(verdicts, "add", add_and_confirm)
    said = Correction((Concern.BERATUNG,), PaymentRelevant.YES)
    work.correct(house, someone, 1, token, said)
    second.join()
    with house.db.read() as tx:
        newest = verdicts.latest(tx, corrected)
    assert (newest.source, newest.body["concerns"][0]["code"]) == ("clerk", "beratung")
    assert told == ["relearn.corrected_again"]


def test_the_command_names_each_correction_and_confirms_only_the_one_that_was_looked_at(
    house, corrected, url, tmp_path, monkeypatch
) -> None:
    config = tmp_path / "postlotse.toml"
    config.write_text(f'[store]\nurl = "{url}"\n', encoding="utf-8")
    monkeypatch.setattr(wiring, "house_of", lambda _config: house)
    run = CliRunner().invoke
    asked = ["--config", str(config)]
    listed = run(cli.app, ["relearn", "list", "--json", *asked])
    row = json.loads(listed.stdout)
    seen = ["--correction", str(row["correction"])]
    someone, token = clerk("435"), work.claim_item(house, clerk("435"), 1).token
    work.correct(house, someone, 1, token, Correction((Concern.BERATUNG,), PaymentRelevant.YES))
    for deed in (["confirm"], ["turn-down", "--reason", "Der Termin ist das Anliegen"]):
        late = run(cli.app, ["relearn", *deed, str(corrected), *seen, *asked])
        assert late.exception.code == "relearn.corrected_again"
    (newest,) = relearn.waiting(house, ADMIN, limit=9)
    done = run(
        cli.app, ["relearn", "confirm", str(corrected), "--correction", str(newest.id), *asked]
    )
    assert done.exit_code == 0, done.exception
