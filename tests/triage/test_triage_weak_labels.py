"""What lies in a postbox already teaches weakly: folders and marks of people, and nothing else."""

import json
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from classify.corpus.lines import read as read_corpus
from ingest.maildir.postbox import MaildirPostbox, create_tree
from ingest.observed import ObservedPostbox
from rules.codes import Concern
from rules.errors import Conflict, HouseError, Refused
from rules.marks import Effect, MarkBook, MarkRule
from store.trail import audit
from tests.house_fixture import ADMIN, clerk, eml
from tests.triage.marks_office import person_marks
from tests.triage.way import bring_in
from triage import backfill, batches
from triage.backfill import Pace
from triage.cli import app as cli
from triage.house import MarksPolicy, PostboxPlan
from triage.learning import training_file, weak_labels
from triage.learning.weak_labels import Label

SICK, LATE, BANK, DONE = "Krank", "Terminsache", "Neues Konto", "Erledigt"
BOOK = MarkBook(
    people=(
        MarkRule(SICK, Effect.CORRECT, Concern.AU),
        MarkRule(LATE, Effect.CORRECT, Concern.TERMIN),
        MarkRule(BANK, Effect.CORRECT, Concern.BANKVERBINDUNG),
        MarkRule("Sonst", Effect.CORRECT, Concern.SONSTIGES),
        MarkRule(DONE, Effect.DONE),
    )
)


@pytest.fixture
def house(house):
    return replace(house, policy=replace(house.policy, marks=MarksPolicy(book=BOOK)))


CONTRADICTED = Label((), by_mark=True)


def lay(box, folder: str, *marks: str, data: bytes | None = None, text: str = "Guten Tag.") -> None:
    """Somebody filed a mail there, and marked it."""
    box.ensure_folder(folder)
    place = box.append(folder, data or eml(f"Schreiben in {folder}", text))
    if marks:
        number = [uid == place.uid for uid in box.view(folder).uids].index(True)
        person_marks(box, folder, *marks, number=number)


def look(house, box, *, folders=None, out=None, caller=ADMIN):
    return weak_labels.read(house, caller, ObservedPostbox(box), folders=folders or {}, out=out)


def lines_of(path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def actions(house) -> list[str]:
    with house.db.read() as tx:
        return [one.action for one in audit.of_subject(tx, "postbox:SC-Südwest")]


def test_the_trail_tells_of_a_file_before_anything_lies_in_it(house, box, tmp_path, monkeypatch):
    def full(*_: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(training_file, "write", full)
    with pytest.raises(OSError, match="full"):
        look(house, box, out=tmp_path / "out.jsonl")
    assert actions(house)


@pytest.mark.parametrize(
    ("marks", "topic", "expected"),
    [
        ((), None, None),
        ((DONE, "Müller"), None, None),
        ((), Concern.AU, Label((Concern.AU,), by_mark=False)),
        ((SICK, DONE), None, Label((Concern.AU,), by_mark=True)),
        # As IMAP spells it; what moves money goes first.
        (
            (LATE, "Neues_Konto"),
            None,
            Label((Concern.BANKVERBINDUNG, Concern.TERMIN), by_mark=True),
        ),
        (
            (LATE, SICK),
            Concern.TERMIN,
            Label((Concern.AU, Concern.TERMIN), by_mark=True),
        ),
        ((LATE,), Concern.AU, CONTRADICTED),
        ((LATE, "Sonst"), None, CONTRADICTED),
    ],
)
def test_what_folder_and_marks_say_together(marks, topic, expected) -> None:
    assert weak_labels.label_of(marks, topic, book=BOOK) == expected


def test_marks_and_folders_become_weak_lines_that_training_takes(house, box, tmp_path) -> None:
    lay(box, "INBOX", SICK, text="Ich bin krank.")
    lay(box, "Alt/AU")
    lay(box, "Ablage/Veränderungen", data=eml("Konto neu"))
    lay(box, "Ablage/Irgendwas", DONE)
    out = tmp_path / "deep" / "weak.jsonl"
    own = {"veraenderungen": Concern.BANKVERBINDUNG}
    found = look(house, box, folders=own, out=out)
    assert [
        (row.concern.value, row.mails, row.by_mark, row.judged_so) for row in found.counted
    ] == [
        ("au", 2, 1, 0),
        ("bankverbindung", 1, 0, 1),
    ]
    assert (found.mails, found.left_out) == (3, {"unlabelled": 1})
    assert out.stat().st_mode & 0o777 == 0o600
    lines = lines_of(out)
    assert {(one["source"], one["weight"]) for one in lines} == {("weak", 0.3)}
    assert sorted(one["concerns"] for one in lines) == [["au"], ["au"], ["bankverbindung"]]
    assert "alex@post.example" not in out.read_text(encoding="utf-8")
    assert {line.weight for line in read_corpus([out])} == {training_file.WEAK_WEIGHT}
    assert actions(house) == ["relearn.history"]


def test_without_a_file_it_only_counts_and_the_postbox_stays_as_it_is(house, box, tmp_path) -> None:
    lay(box, "Alt/AU", SICK)
    before = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*"))
    assert look(house, box).mails == 1
    assert sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*")) == before
    assert actions(house) == []


def test_what_people_contradict_what_is_ours_and_what_says_nothing_is_counted_apart(
    house, box
) -> None:
    same = eml("Zweimal")
    lay(box, "Alt/AU", LATE)
    lay(box, "Alt/Termin", data=same)
    lay(box, "Alt/Rente", data=same)
    lay(box, "Neu/Rente", data=same)
    lay(box, "Alt/Beratung", data=eml("Antwort", sender="Kassel@arbeitsagentur.de"))
    lay(box, "Alt/Beratung", data=eml("", " "))
    lay(box, "Alt/Beratung", data=eml("Frage", "x" * 1_200_000))
    found = look(house, box)
    assert found.counted == ()
    assert found.left_out == {"contradicted": 2, "copy": 2, "own": 1, "empty": 1, "too_large": 1}


def test_so_many_bytes_stand_in_memory_together(house, box, monkeypatch) -> None:
    for _ in range(3):
        lay(box, "Alt/AU")
    asked: list[int] = []
    seen_in = weak_labels.sightings.seen_in

    def noted(tx, postbox, *, hashes):
        asked.append(len(hashes))
        return seen_in(tx, postbox, hashes=hashes)

    monkeypatch.setattr(weak_labels.sightings, "seen_in", noted)
    look(house, box)
    monkeypatch.setattr(batches, "BATCH_BYTES", 1)
    look(house, box)
    assert asked == [3, 1, 1, 1]


@pytest.mark.parametrize("refusal", [Refused, Conflict])
def test_a_folder_that_cannot_be_read_is_named_and_the_others_are_read(
    house, box, monkeypatch, refusal
) -> None:
    lay(box, "Alt/AU")
    lay(box, "Alt/Rente")
    fetch = MaildirPostbox.fetch

    def refused(self, folder, epoch, uids):
        if folder == "Alt/AU":
            raise refusal("postbox.test", "not now")
        return fetch(self, folder, epoch, uids)

    monkeypatch.setattr(MaildirPostbox, "fetch", refused)
    found = look(house, box)
    assert ([row.concern for row in found.counted], found.unread_folders) == (
        [Concern.RENTE],
        ("Alt/AU",),
    )


def test_what_postlotse_filed_itself_teaches_nothing_and_an_archive_does(house, box, lease) -> None:
    bring_in(house, box, lease, eml("Krankmeldung"))
    old = eml("Alte Krankmeldung")
    lay(box, "Alt/AU", data=old)
    plan = PostboxPlan("SC-Südwest", "Südwest", is_observed=False)
    policy = replace(house.policy, postboxes=(plan,))
    mails = backfill.of_folder(box, "Alt/AU", house=house)
    pace = Pace(None, lambda _: False)
    with_plan = replace(house, policy=policy)
    backfill.fill_in(with_plan, ADMIN, mails, plan=plan, pace=pace, told=lambda _: None)
    found = look(house, box)
    assert (found.mails, found.left_out) == (1, {"known": 1})


def test_only_who_manages_models_reads_it_and_never_into_a_source_tree(
    house, box, tmp_path
) -> None:
    (tmp_path / "tree" / ".git").mkdir(parents=True)
    for deed, code in (
        (lambda: look(house, box, caller=clerk("435")), "access.denied"),
        (lambda: look(house, box, out=tmp_path / "tree" / "x.jsonl"), "relearn.inside"),
    ):
        with pytest.raises(HouseError) as refused:
            deed()
        assert refused.value.code == code


def test_the_command_takes_folders_of_the_house_and_refuses_a_code_that_is_none(
    tmp_path, sqlite_url
) -> None:
    root = tmp_path / "postbox"
    create_tree(root)
    lay(MaildirPostbox("SC", root, size_limit_bytes=1_000_000), "Ablage/Krank", SICK)
    config = tmp_path / "postlotse.toml"
    config.write_text(
        f'[store]\nurl = "{sqlite_url}"\n[[postboxes]]\nkind = "maildir"\nname = "SC"\n'
        f'region = "Südwest"\nroot = "{root}"\nmode = "full"\n',
        encoding="utf-8",
    )
    asked = ["relearn", "history", "--postbox", "SC", "--config", str(config), "--json"]
    run = CliRunner().invoke
    wrong = run(cli.app, [*asked, "--folder", "Krank=grippe"])
    assert wrong.exception.code == "history.folder"
    assert "'grippe' in 'Krank=grippe' is no concern; one of anschrift_name," in str(
        wrong.exception
    )
    out = tmp_path / "weak.jsonl"
    told = run(cli.app, [*asked, "--folder", "Krank=au", "--out", str(out)])
    assert told.exit_code == 0, told.exception
    (row,) = [json.loads(line) for line in told.stdout.splitlines()]
    assert (row["concern"], row["mails"]) == ("au", 1)
    assert [line["concerns"] for line in lines_of(out)] == [["au"]]


def test_a_folder_that_nobody_has_is_refused_before_anything_is_read(house, box) -> None:
    """A mistyped name would count nothing, and look as if nothing lay there."""
    lay(box, "Ablage/Krank", SICK)
    told: list[str] = []
    with pytest.raises(Refused) as refused:
        weak_labels.read(
            house, ADMIN, ObservedPostbox(box), folders={"Kank": Concern.AU}, out=None,
            told=told.append,
        )  # fmt: skip
    assert (refused.value.code, told) == ("history.folder", [])
    assert "'Kank'" in str(refused.value)
