"""The life of a model: candidate, gate, live, rolled back, shadow."""

import json
import threading
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from classify.corpus.lines import examples, read
from classify.judge import Judge
from classify.learning.riskcontrol import Promise
from classify.learning.train import train
from classify.life import candidate, gate, shadow
from classify.life import shelf as modelshelf
from classify.life.gate import Measured
from classify.life.shadow import ShadowedJudge, differences
from classify.life.shelf import Shelf, name_of
from classify.measuring.measures import CodeFigures
from ingest.parse import parse
from rules.codes import Concern, PaymentRelevant
from rules.errors import Refused
from tests.refusals import code_of

AT = datetime(2026, 11, 25, tzinfo=UTC)
CODES = (CodeFigures("au", 0.9, 0.8, 0.85, 40, 36), CodeFigures("rente", None, None, None, 0, 0))
GOOD = Measured("a" * 64, ("w",), 350, 0.99, 0.04, 0.88, 0.92, 0.3, CODES)
PROMISE = Promise(0.03, 1000, 1, 0.005, 0.95)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """All the house's labels, two texts each: small enough to be written for every test."""
    lines = [
        json.dumps({"text": f"{code.value} {word}", "labels": [code.value]})
        for code in Concern
        for word in ("bitte", "danke")
    ]
    path = tmp_path_factory.mktemp("tiny") / "texts.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    return train(examples(read([path]), parse), seed=1)


@pytest.fixture
def shelf(tmp_path) -> Shelf:
    return Shelf(tmp_path / "models", b"k" * 32)


@pytest.fixture
def put(shelf, tiny):
    """A model of the same weights under another bound, so that it has another name."""

    def added(bound: float, measured: Measured | None = GOOD) -> str:
        return shelf.add(replace(tiny, payment_bound=bound), measured, PROMISE).id

    return added


def test_a_candidate_is_not_live_before_somebody_says_so(shelf, put) -> None:
    first = put(0.1)
    assert (shelf.ids(), shelf.live()) == ((first,), None)
    shelf.activate(first, at=AT, by="cli:a")
    assert shelf.live() == first


def test_a_worse_model_stays_outside_unless_a_reason_is_written(shelf, put) -> None:
    live, worse = put(0.1), put(0.2, replace(GOOD, macro_f1=0.86))
    shelf.activate(live, at=AT, by="cli:a")
    assert code_of(lambda: shelf.activate(worse, at=AT, by="cli:a")) == "model.gate"
    short = {"despite": "egal"}
    assert code_of(lambda: shelf.activate(worse, at=AT, by="x", **short)) == (
        "model.reason_too_short"
    )
    assert shelf.live() == live
    shelf.activate(worse, at=AT, by="cli:a", despite="neue Formulare, siehe Vermerk")
    assert shelf.live() == worse


def test_the_split_is_the_same_with_the_same_mails_and_labels_only(corpus_lines) -> None:
    some = corpus_lines[:5]
    fixed = gate.split_sha256(some)
    assert gate.split_sha256(some[::-1]) == fixed
    relabelled = replace(some[0], concerns=())
    for others in (some[1:], (relabelled, *some[1:]), corpus_lines[5:10]):
        assert gate.split_sha256(others) != fixed


@pytest.mark.parametrize(
    ("other", "found"),
    [
        (GOOD, ()),
        (replace(GOOD, payment_recall=0.9851), ()),
        (replace(GOOD, payment_recall=0.984), ("payment_recall",)),
        (replace(GOOD, macro_f1=0.8701), ()),
        (replace(GOOD, payment_recall=0.9, macro_f1=0.8), ("payment_recall", "macro_f1")),
        (replace(GOOD, split_sha256="b" * 64, macro_f1=1.0), ("other_split",)),
        (None, ("unmeasured",)),
    ],
)
def test_the_gate_names_what_is_worse(other, found) -> None:
    assert gate.objections(other, GOOD) == found


@pytest.mark.parametrize(("live", "new"), [(None, GOOD), (GOOD, None), (None, None)])
def test_where_one_of_two_was_never_measured_somebody_writes_why(shelf, put, live, new) -> None:
    """As with labels of one's own, or of a version that measured on no split."""
    before, after = put(0.1, live), put(0.2, new)
    shelf.activate(before, at=AT, by="cli:a")
    with pytest.raises(Refused) as caught:
        shelf.activate(after, at=AT, by="cli:a")
    assert (caught.value.code, shelf.live()) == ("model.gate", before)
    assert caught.value.details["objections"] == ("unmeasured",)
    shelf.activate(after, at=AT, by="cli:a", despite="eigene Bezeichnungen, siehe Vermerk")
    assert shelf.live() == after


def test_the_one_before_comes_back_without_a_gate(shelf, put) -> None:
    first, second = put(0.1), put(0.2)
    shelf.activate(first, at=AT, by="a")
    assert code_of(lambda: shelf.rollback(second, at=AT, by="a", reason="")) == "model.no_earlier"
    shelf.activate(second, at=AT, by="a")
    shelf.activate(second, at=AT, by="a")
    assert shelf.rollback(first, at=AT, by="a", reason="")
    assert shelf.live() == first
    assert code_of(shelf.before) == "model.no_earlier"
    history = (shelf.folder / "history.jsonl").read_text().splitlines()
    assert [json.loads(line)["deed"] for line in history] == ["activate"] * 3 + ["rollback"]


def test_who_goes_back_and_repeats_himself_goes_back_once(shelf, put) -> None:
    oldest, middle, newest = put(0.1), put(0.2), put(0.3)
    for one in (oldest, middle, newest):
        shelf.activate(one, at=AT, by="a")
    for wrong in (oldest, "nothing"):
        back = partial(shelf.rollback, wrong, at=AT, by="a", reason="")
        assert code_of(back) == "model.changed"
    done = [shelf.rollback(middle, at=AT, by="a", reason="") for _ in range(3)]
    assert (done, shelf.live()) == ([True, False, False], middle)
    assert shelf.rollback(oldest, at=AT, by="a", reason="")


class Meanwhile:
    """In the middle of somebody's deed, somebody else's: it is done by then, or waits."""

    def __init__(self, inner, deed) -> None:
        self.inner, self.deed, self.other = inner, deed, None

    def __call__(self, *given, **named):
        if self.other is None:
            self.other = threading.Thread(target=self.deed)
            self.other.start()
            self.other.join(0.2)
        return self.inner(*given, **named)


def test_two_who_go_back_at_once_leave_a_model_that_one_of_them_was_told(
    shelf, put, monkeypatch
) -> None:
    first, second = put(0.1), put(0.2)
    shelf.activate(first, at=AT, by="a")
    shelf.activate(second, at=AT, by="a")
    told: list[bool] = []

    def second_person() -> None:
        told.append(shelf.rollback(first, at=AT, by="b", reason=""))

    between = Meanwhile(modelshelf.modelfile.load, second_person)
    monkeypatch.setattr(modelshelf.modelfile, "load", between)
    assert shelf.rollback(first, at=AT, by="a", reason="")
    between.other.join()
    assert (shelf.live(), told) == (first, [False])


def test_two_who_activate_at_once_pass_the_gate_one_after_the_other(
    shelf, put, monkeypatch
) -> None:
    live, good = put(0.1, replace(GOOD, macro_f1=0.80)), put(0.2, replace(GOOD, macro_f1=0.84))
    best = put(0.3, replace(GOOD, macro_f1=0.90))
    shelf.activate(live, at=AT, by="a")
    between = Meanwhile(gate.objections, lambda: shelf.activate(best, at=AT, by="b"))
    monkeypatch.setattr(modelshelf.gate, "objections", between)
    shelf.activate(good, at=AT, by="a")
    between.other.join()
    assert shelf.live() == best


def test_figures_that_were_changed_by_hand_open_no_gate(shelf, put) -> None:
    live, worse = put(0.1), put(0.2, replace(GOOD, macro_f1=0.5))
    shelf.activate(live, at=AT, by="a")
    path = shelf.folder / f"{worse}.json"
    path.write_text(path.read_text().replace("0.5,", "0.9,"))
    assert code_of(lambda: shelf.activate(worse, at=AT, by="a")) == "model.record"


def test_the_figures_of_another_model_open_no_gate(shelf, put) -> None:
    live, worse = put(0.1), put(0.2, replace(GOOD, macro_f1=0.5))
    shelf.activate(live, at=AT, by="a")
    (shelf.folder / f"{worse}.json").write_bytes((shelf.folder / f"{live}.json").read_bytes())
    assert code_of(lambda: shelf.activate(worse, at=AT, by="a")) == "model.record"


def test_a_record_comes_back_as_it_was(shelf, tiny) -> None:
    record = shelf.add(tiny, GOOD, PROMISE)
    assert shelf.record(record.id) == record
    foreign = shelf.add(replace(tiny, payment_bound=0.7), None, None)
    assert shelf.record(foreign.id) == foreign


def test_a_model_whose_training_was_killed_while_it_was_laid_down_is_none(
    shelf, put, tiny, monkeypatch
) -> None:
    """On the shelf is what has its record and its card; the list goes on."""

    class Killed(BaseException):
        pass

    put(0.9)
    replaced, files = Path.replace, [".json", ".md", ".model"]

    def killed(path: Path, target: Path) -> Path:
        if target.suffix == files[0]:
            raise Killed
        return replaced(path, target)

    monkeypatch.setattr(Path, "replace", killed)
    while files:
        with pytest.raises(Killed):
            shelf.add(replace(tiny, payment_bound=0.123), GOOD, PROMISE)
        assert [shelf.record(one).measured for one in shelf.ids()] == [GOOD]
        files.pop(0)


def test_an_unknown_or_damaged_model_is_refused(shelf, put) -> None:
    known = put(0.1)
    for name in ("none", "../x", ""):
        assert code_of(lambda name=name: shelf.model_path(name)) == "model.unknown"
    (shelf.folder / f"{known}.model").write_bytes(b"x")
    assert code_of(lambda: shelf.activate(known, at=AT, by="a")) == "model.signature"
    (shelf.folder / "history.jsonl").write_text("{half\n")
    assert code_of(shelf.live) == "model.history"


@pytest.mark.parametrize("torn", [b'{"at": "2026', b'{"by": "Stra\xc3', b"\0" * 9, b"2"])
def test_a_torn_last_line_is_told_and_passed_over_and_the_next_deed_has_its_own(
    shelf, put, torn
) -> None:
    first, second = put(0.1), put(0.2)
    shelf.activate(first, at=AT, by="a")
    history = shelf.folder / "history.jsonl"
    with history.open("ab") as file:
        file.write(torn)
    with capture_logs() as told:
        assert shelf.live() == first
    assert [entry["event"] for entry in told] == ["model.history_torn"]
    shelf.activate(second, at=AT, by="a")
    with capture_logs() as told:
        assert (shelf.live(), shelf.before()) == (second, first)
        assert shelf.rollback(first, at=AT, by="a", reason="")
    assert told == []
    assert torn in history.read_bytes()


def test_a_last_line_that_only_lacks_its_end_counts(shelf, put) -> None:
    first, second = put(0.1), put(0.2)
    shelf.activate(first, at=AT, by="a")
    history = shelf.folder / "history.jsonl"
    history.write_bytes(history.read_bytes().rstrip(b"\n"))
    assert shelf.live() == first
    shelf.activate(second, at=AT, by="a")
    assert [json.loads(line)["id"] for line in history.read_bytes().splitlines()] == [first, second]


def test_the_card_tells_origin_promise_figures_and_limits(shelf, tiny) -> None:
    record = shelf.add(tiny, GOOD, PROMISE)
    told = (shelf.folder / f"{record.id}.md").read_text(encoding="utf-8")
    assert tiny.origin.data_sha256 in told
    assert f"seed: {tiny.origin.seed}" in told
    assert "a confidence of 95%" in told
    assert "| au | 40 | 0.900 | 0.800 | 0.850 |" in told
    assert "| rente | 0 | – | – | – |" in told
    assert all(writer in told for writer in tiny.origin.writers)
    assert "invented" in told
    bare = shelf.add(replace(tiny, payment_bound=0.5), None, replace(PROMISE, miss_rate=None))
    told = (shelf.folder / f"{bare.id}.md").read_text(encoding="utf-8")
    assert "the mails are too few" in told
    assert "Not measured" in told


def test_a_candidate_is_measured_by_a_twin_that_saw_no_mail_of_the_gate(seen, directory) -> None:
    few = [e for e in seen if e.line.writer in {"k_own", "c_money"}]
    made = candidate.make(few, places=directory, seed=7, gate_writers=("c_money",))
    assert made.measured is not None
    assert made.measured.writers == ("c_money",)
    assert made.measured.mails == sum(e.line.writer == "c_money" for e in few)
    assert made.model.origin.writers == ("c_money", "k_own")
    assert made.promise is not None
    assert made.promise.missed <= made.promise.relevant * 0.005
    unmeasured = candidate.make(few[:60], places=directory, seed=7, gate_writers=("nobody",))
    assert unmeasured.measured is None


def test_the_name_tells_other_training_apart(tiny) -> None:
    assert name_of(tiny) == name_of(replace(tiny))
    assert name_of(tiny) != name_of(replace(tiny, slopes=tiny.slopes[::-1]))


def test_a_shadow_counts_differences_and_answers_nothing(shelf, model, directory, mail) -> None:
    live = Judge(model, directory)
    timid = Judge(replace(model, payment_bound=0.0, payment_sure=1.1), directory)
    path = shelf.shadow_counts("l", "s", 7)
    both = ShadowedJudge(live, timid, path, write_every=2)
    mails = [mail("Ich bin krankgeschrieben bis 21.3.", subject="Krankmeldung")] * 3
    for one in mails:
        asked = {"received_at": AT, "mailbox": "Kassel@arbeitsagentur.de"}
        assert both.judge(one, **asked) == live.judge(one, **asked)
    assert both.model_id == live.model_id
    found = shadow.report([path, path])
    assert found.mails == 4, "written every second mail, two processes"
    assert [(row.code, row.both) for row in found.codes] == [("au", 4)]
    assert dict(found.changes)["payment:yes>open"] == 4
    written = path.read_text()
    assert "krank" not in written.lower()


class Says:
    """A judge that says the same of every mail, or breaks where it has nothing to say."""

    def __init__(self, *said: str) -> None:
        self.said = said

    def judge_many(self, mails, **_asked):
        return self.said * len(mails) or 1 / 0


def test_a_shadow_that_breaks_or_cannot_write_stops_no_mail(tmp_path, mail, monkeypatch) -> None:
    monkeypatch.setattr(shadow, "differences", lambda _one, _other: ["mails"])
    (tmp_path / "file").write_text("")
    cases = [(Says(), tmp_path / "1.json"), (Says("b"), tmp_path / "file" / "1.json")]
    for beside, path in cases:
        both = ShadowedJudge(Says("a"), beside, path, write_every=1)  # type: ignore[arg-type]
        with capture_logs() as told:
            assert both.judge(mail("krank"), received_at=AT, mailbox="") == "a"
        assert [(entry["event"], entry["mails"]) for entry in told] == [("shadow.broken", 1)]


def test_all_kinds_of_differences_are_named(model, directory, mail) -> None:
    judge = Judge(model, directory)

    def ask(one):
        return judge.judge(one, received_at=AT, mailbox="")

    first = ask(mail("Ich bin krankgeschrieben bis 21.3.", subject="Krankmeldung"))
    second = ask(mail("Undeliverable", headers=(("return-path", "<>"),)))
    assert list(differences(first, first)) == ["mails", "code:au:both"]
    told = list(differences(first, second))
    assert {"code:au:live_only", "code:kein_anliegen:shadow_only", "first"} <= set(told)
    assert "channel:freie_email>maschinell" in told
    assert "payment:yes>no" in told
    looked_at = replace(first, review=not first.review)
    assert "review:more" in [*differences(first, looked_at), *differences(looked_at, first)]
    assert PaymentRelevant.YES is first.payment_relevant


def test_the_shadow_is_the_one_named_last_and_never_the_live_one(shelf, put) -> None:
    first, second = put(0.1), put(0.2)
    shelf.activate(first, at=AT, by="a")
    assert shelf.shadow() is None
    shelf.set_shadow(second, at=AT, by="a")
    assert shelf.shadow() == second
    assert shelf.all_shadow_counts(second) == ()
    shelf.activate(second, at=AT, by="a")
    assert shelf.shadow() is None
    shelf.activate(first, at=AT, by="a")
    shelf.set_shadow(None, at=AT, by="a")
    assert shelf.shadow() is None
