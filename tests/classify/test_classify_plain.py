"""Labelled text of other people: CSV and JSON Lines in, trained and measured."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from classify import features
from classify.corpus.lines import examples, read
from classify.learning.train import prepare, train, train_part
from classify.measuring.evaluate import evaluate
from ingest.parse import parse
from rules.errors import Refused

TEXTS = (("Tor und Pokal im Stadion", "Sport"), ("Server und Browser im Netz", "Web"))


def csv_file(folder: Path, *rows: str, name: str = "train.csv") -> Path:
    path = folder / name
    path.write_text("\n".join(rows), encoding="utf-8")
    return path


def faults(path: Path) -> tuple[str, ...]:
    with pytest.raises(Refused) as refused:
        read([path])
    assert refused.value.code == "corpus.invalid"
    return tuple(refused.value.details["errors"])


@pytest.mark.parametrize("quote", ["", "'", '"'])
def test_label_and_text_come_from_csv_with_either_quote(tmp_path: Path, quote: str) -> None:
    rows = [f"{label};{quote}{text}{quote}" for text, label in TEXTS]
    lines = read([csv_file(tmp_path, *rows)])
    assert [(line.body, line.concerns) for line in lines] == [(t, (la,)) for t, la in TEXTS]


def test_a_quoted_text_may_hold_semicolons_and_line_ends(tmp_path: Path) -> None:
    (line,) = read([csv_file(tmp_path, "Web;'ein; zwei", "''drei'''")])
    assert line.body == "ein; zwei\n'drei'"


def test_faults_of_csv_name_file_line_and_remedy(tmp_path: Path) -> None:
    path = csv_file(tmp_path, "Web;gut", "nur ein Feld", ";ohne Label", "Web; ", "Web;a;b")
    told = faults(path)
    assert [fault.removeprefix(f"{path}:").split(":")[0] for fault in told] == ["2", "3", "4", "5"]
    assert all(";" in fault for fault in told), "each fault has a remedy"


def test_a_quote_that_never_ends_is_one_fault(tmp_path: Path) -> None:
    path = csv_file(tmp_path, "Web;'" + "x" * 1_000_001)
    assert len(faults(path)) == 1


@pytest.mark.parametrize("quote", ["'", '"'])
def test_a_quote_that_is_not_closed_swallows_no_rows(tmp_path: Path, quote: str) -> None:
    text = quote + "offen"
    assert len(faults(csv_file(tmp_path, f"Web;{text}", "Web;b", f"Web;{quote}c{quote}"))) == 1
    assert len(faults(csv_file(tmp_path, f"Web;{text}", "Web;b"))) == 1


def test_the_mark_of_a_spreadsheet_is_no_part_of_a_label_and_latin_1_is_a_fault(
    tmp_path: Path,
) -> None:
    path = tmp_path / "train.csv"
    path.write_bytes("\ufeffWeb;für\nWeb;zwei".encode())
    assert {line.concerns for line in read([path])} == {("Web",)}
    path.write_bytes("Web;für\nWeb;zwei".encode("latin-1"))
    assert faults(path) == (f"{path}:1: not UTF-8; save the file as UTF-8",)


def test_other_labels_are_trained_from_csv_and_measured_on_a_second_file(
    tmp_path: Path, directory
) -> None:
    rows = [f"{label};'{text} {n}'" for n in range(12) for text, label in TEXTS]
    learned = examples(read([csv_file(tmp_path, *rows)]), parse)
    asked = tmp_path / "test.jsonl"
    asked.write_text(
        "\n".join(json.dumps({"text": text, "labels": [label]}) for text, label in TEXTS)
    )
    model = train(learned, seed=1)
    report = evaluate(examples(read([asked]), parse), places=directory, seed=1, model=model)
    assert (report.systems[0].first, report.payment) == (1.0, None)
    assert {row.code for row in report.codes} == {"Sport", "Web"}


def test_a_weak_label_pulls_less_and_a_full_one_more(tmp_path: Path) -> None:
    rows = [f"{label};'{text} {n}'" for n in range(12) for text, label in TEXTS]
    learned = examples(read([csv_file(tmp_path, *rows)]), parse)
    asked = features.rows([learned[0].mail])
    wrong = replace(learned[0].line, concerns=("Web",))

    def margin(weight: float, count: int) -> float:
        more = [replace(learned[0], line=replace(wrong, weight=weight))] * count
        lines = [*learned, *more]
        trained = train_part(prepare(lines), range(len(lines)), seed=1)
        column = trained.model.labels.index("Web")
        return float(trained.pipeline.decision_function(asked)[0, column])

    assert margin(1, 0) < margin(0.05, 6) < margin(1, 6)
