import json
from pathlib import Path

import pytest

from classify.corpus.lines import as_eml, read
from ingest.parse import parse
from rules.codes import Channel, Concern
from rules.errors import Refused

UNSEEN = Path(__file__).parents[2] / "corpus" / "unseen"
DAYS = {
    *("au_from", "au_to", "job_start", "job_end", "unemployed_from", "move_date", "absence_from"),
    *("absence_to", "birth_date", "child_born", "appointment", "valid_from"),
}
GOOD = {
    "id": "x-1", "received": "2025-03-12", "from": "a@b.example", "to": "Kassel@arbeitsagentur.de",
    "subject": "krank", "body": "Ich bin krank.", "attachments": ["AU ä.pdf"],
    "channel": "freie_email", "concerns": ["au"], "payment_relevant": "yes",
    "kundennummer": None, "iban": None, "dates": {"au_from": "2025-03-12"}, "place": None,
}  # fmt: skip


def write(folder: Path, *records: object, name: str = "w.jsonl") -> Path:
    path = folder / name
    lines = [r if isinstance(r, str) else json.dumps(r) for r in records]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def faults(path: Path) -> tuple[str, ...]:
    with pytest.raises(Refused) as refused:
        read([path])
    assert refused.value.code == "corpus.invalid"
    errors = refused.value.details["errors"]
    assert isinstance(errors, tuple)
    return errors


def test_the_house_corpus_is_valid(corpus_lines) -> None:
    assert len(corpus_lines) == 11_125
    assert len({line.writer for line in corpus_lines}) == 31


def test_a_line_becomes_a_value_with_its_writer(tmp_path: Path) -> None:
    (line,) = read([write(tmp_path, GOOD, name="anna.jsonl")])
    assert (line.writer, line.channel, line.concerns) == (
        "anna",
        Channel.FREIE_EMAIL,
        (Concern.AU,),
    )


def test_of_a_file_of_another_shape_the_message_tells_the_first_faults(tmp_path: Path) -> None:
    path = write(tmp_path, *[[]] * 30)
    with pytest.raises(Refused) as refused:
        read([path])
    assert len(refused.value.details["errors"]) == 30
    said = str(refused.value).splitlines()
    assert len(said) == 22
    assert said[0].startswith("30 faults")
    assert said[-1].startswith("and 10 more")


def test_every_fault_of_every_line_is_told_at_once(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        GOOD,
        GOOD,
        "{no json",
        [],
        GOOD | {"id": "x-2", "concerns": ["urlaub"], "channel": "fax", "dates": {"a": "x"}},
        GOOD | {"id": "x-3", "body": " ", "subject": "", "attachments": []},
    )
    told = faults(path)
    assert [fault.split(":")[1] for fault in told] == ["2", "3", "4", "5", "5", "5", "6"]
    assert all(fault.startswith(f"{path}:") and ";" in fault for fault in told)


@pytest.mark.parametrize(
    "change",
    [
        {"concerns": []},
        {"concerns": ["au", "au"]},
        {"concerns": ["sonstiges", "au"]},
        {"concerns": "au"},
        {"payment_relevant": "maybe"},
        {"received": "gestern"},
        {"attachments": [1]},
        {"body": 5},
        {"iban": 5},
        {"from": None},
        {"id": ""},
        {"id": "-"},
        {"from": "a@[127.0.0"},
        {"attachments": ["AU\n.pdf"]},
        {"body": "halb \ud83d"},
        {"body": "", "html": "<p> </p>", "subject": "", "attachments": []},
        {"source": "guessed"},
        {"weight": 0},
        {"weight": 5e-324},
        {"weight": 2},
        {"weight": True},
        {"weight": "half"},
        {"dates": {"birth_date": "2061-02-14"}},
        {"dates": {"birth_date": "2025-03-13"}},
    ],
)
def test_one_wrong_key_is_one_fault(tmp_path: Path, change: dict[str, object]) -> None:
    assert len(faults(write(tmp_path, GOOD | change))) == 1


def test_a_birth_after_the_mail_is_told_with_line_and_remedy(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD, GOOD | {"id": "x-2", "dates": {"birth_date": "2061-02-14"}})
    (told,) = faults(path)
    assert told.startswith(f"{path}:2: `birth_date` lies after `received`; write ")
    assert len(read([write(tmp_path, GOOD | {"dates": {"birth_date": "2025-03-12"}})])) == 1


def test_every_unseen_set_is_valid() -> None:
    assert len(read([UNSEEN])) == 4_789


def test_an_empty_mail_is_a_lesson_if_labelled_so(tmp_path: Path) -> None:
    empty = {"body": "", "subject": "", "attachments": [], "concerns": ["kein_anliegen"]}
    assert len(read([write(tmp_path, GOOD | empty)])) == 1


def test_plain_texts_may_bring_their_own_labels(tmp_path: Path) -> None:
    lines = read(
        [write(tmp_path, {"text": "a", "labels": ["Sport"]}, {"text": "b", "labels": ["Web"]})]
    )
    assert [line.concerns for line in lines] == [("Sport",), ("Web",)]
    assert lines[0].id != lines[1].id


def test_beside_house_mails_plain_texts_need_house_codes(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD, {"text": "a", "labels": ["Sport"]})
    (told,) = faults(path)
    assert told.startswith(f"{path}:2: ")
    assert len(read([write(tmp_path, GOOD, {"text": "a", "labels": ["termin"]})])) == 2


@pytest.mark.parametrize(
    "record",
    [
        {"text": " ", "labels": ["a"]},
        {"text": "a", "labels": []},
        {"text": "a", "labels": [" "]},
        {"text": "a", "labels": ["a", "a"]},
        {"text": "a", "labels": ["a"], "id": 5},
        {"text": "a", "labels": ["a"], "id": [1]},
        {"text": "halb \ud83d", "labels": ["a"]},
    ],
)
def test_a_plain_text_needs_text_and_label(tmp_path: Path, record: dict[str, object]) -> None:
    assert len(faults(write(tmp_path, record))) == 1


def test_a_key_that_stands_twice_and_endless_brackets_are_faults(tmp_path: Path) -> None:
    twice = json.dumps(GOOD)[:-1] + ', "concerns": ["termin"]}'
    assert len(faults(write(tmp_path, twice, "[" * 100_000))) == 2


def test_other_letters_than_utf_8_are_a_fault_and_a_byte_order_mark_is_none(tmp_path: Path) -> None:
    line = json.dumps(GOOD | {"body": "Krank im März"}, ensure_ascii=False)
    path = tmp_path / "w.jsonl"
    path.write_bytes(b"\n" + line.encode("latin-1"))
    (told,) = faults(path)
    assert told == f"{path}:2: not UTF-8; save the file as UTF-8"
    path.write_bytes(b"\xef\xbb\xbf" + line.encode())
    assert read([path])[0].body == "Krank im März"


def test_a_file_counts_once_however_it_is_named(tmp_path: Path) -> None:
    path = write(tmp_path, {"text": "a", "labels": ["Sport"]})
    for twice in (
        [path, path],
        [tmp_path, path],
        [path, tmp_path / ".." / tmp_path.name / path.name],
    ):
        with pytest.raises(Refused) as refused:
            read(twice)
        assert refused.value.code == "corpus.twice"


def test_no_text_stands_twice_in_training_and_measuring_together(corpus_lines) -> None:
    """A mail on both sides would be judged by its own twin. Empty mails are all alike."""
    lines = [*corpus_lines, *read([UNSEEN])]
    said = [one for one in lines if one.body + one.html]
    texts = {(one.subject, one.body, one.html, one.attachments) for one in said}
    assert len(texts) == len(said)


def test_days_are_labelled_by_the_keys_of_the_house(corpus_lines) -> None:
    """Under another key a day counts as missed, or would be learned as a role nobody asks for."""
    lines = [*corpus_lines, *read([UNSEEN])]
    assert {key for line in lines for key in line.dates} <= DAYS


def test_a_path_without_corpus_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused) as refused:
        read([tmp_path])
    assert refused.value.code == "corpus.missing"


def test_a_corpus_without_a_line_is_refused_and_an_empty_file_beside_another_is_not(
    tmp_path: Path,
) -> None:
    nothing = tmp_path / "nothing.jsonl"
    nothing.write_text("\n", encoding="utf-8")
    with pytest.raises(Refused) as refused:
        read([nothing])
    assert refused.value.code == "corpus.empty"
    assert len(read([write(tmp_path, GOOD), nothing])) == 1


def test_the_message_of_a_line_comes_back_from_the_parser(tmp_path: Path) -> None:
    (line,) = read([write(tmp_path, GOOD)])
    mail = parse(as_eml(line))
    assert (mail.subject, mail.sender, mail.body.new.strip()) == (
        "krank",
        "a@b.example",
        "Ich bin krank.",
    )
    assert [part.name for part in mail.attachments] == ["AU ä.pdf"]


def test_every_corpus_line_makes_the_same_bytes_twice(corpus_lines) -> None:
    for line in corpus_lines[::7]:
        assert as_eml(line) == as_eml(line)


def test_a_subject_cannot_smuggle_headers_in(tmp_path: Path) -> None:
    (line,) = read([write(tmp_path, GOOD | {"subject": "a\nBcc: x@y.example"})])
    assert b"\nBcc:" not in as_eml(line)


def test_html_and_text_stand_side_by_side(tmp_path: Path) -> None:
    (line,) = read([write(tmp_path, GOOD | {"html": "<p>krank</p>"})])
    assert "<p>krank</p>" in parse(as_eml(line)).html
