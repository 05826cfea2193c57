import ast
import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classify import features
from classify.corpus.lines import examples, read
from classify.learning import calibrate, folds, heldout
from classify.learning.train import train
from classify.life import candidate
from classify.life.shelf import name_of
from classify.measuring.evaluate import evaluate
from classify.model import file as modelfile
from classify.model import fingerprint
from classify.model.table import Block
from ingest.parse import parse
from rules.errors import Refused

KEY = b"k" * 32


@pytest.fixture(scope="module")
def model_path(model, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("model") / "model.postlotse"
    modelfile.save(model, path, KEY)
    return path


def refusal(path: Path, key: bytes = KEY) -> str:
    with pytest.raises(Refused) as refused:
        modelfile.load(path, key)
    return refused.value.code


def vars_of(block: Block) -> dict[str, object]:
    return dataclasses.asdict(dataclasses.replace(block, idf=np.empty(0))) | {"idf": None}


def test_a_model_comes_back_as_it_was(model, model_path: Path) -> None:
    loaded = modelfile.load(model_path, KEY)
    arrays = {"table": None, "days": None}
    assert dataclasses.replace(loaded, **arrays) == dataclasses.replace(model, **arrays)
    assert (loaded.days.roles, loaded.days.terms) == (model.days.roles, model.days.terms)
    assert loaded.days.weights.tobytes() == model.days.weights.tobytes()
    assert loaded.days.constant.tobytes() == model.days.constant.tobytes()
    assert loaded.table.weights.tobytes() == model.table.weights.tobytes()
    assert loaded.table.sizes.tobytes() == model.table.sizes.tobytes()
    assert loaded.table.constant.tobytes() == model.table.constant.tobytes()
    for here, there in zip(loaded.table.blocks, model.table.blocks, strict=True):
        assert here.idf.tobytes() == there.idf.tobytes()
        assert vars_of(here) == vars_of(there)
    assert model_path.stat().st_size < 30_000_000


@pytest.mark.parametrize("place", [0, 16, 20, 85, 5_000, -1])
def test_one_changed_byte_anywhere_is_seen(model_path: Path, tmp_path: Path, place: int) -> None:
    data = bytearray(model_path.read_bytes())
    data[place] ^= 1
    changed = tmp_path / "changed"
    changed.write_bytes(data)
    assert refusal(changed) == "model.signature"


def test_a_cut_file_is_refused(model_path: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut"
    cut.write_bytes(model_path.read_bytes()[:-10])
    assert refusal(cut) == "model.signature"


def test_another_key_is_refused(model_path: Path) -> None:
    assert refusal(model_path, b"x" * 32) == "model.signature"


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path / "none") == "model.missing"


def test_another_format_is_refused(foreign, tmp_path: Path, monkeypatch) -> None:
    model, path = train(foreign, seed=1), tmp_path / "next"
    with monkeypatch.context() as patched:
        patched.setattr(modelfile, "FORMAT_VERSION", 5)
        modelfile.save(model, path, KEY)
    assert refusal(path) == "model.version"


@pytest.mark.parametrize("digest", ["0" * 64, ""])
def test_a_model_of_other_feature_code_is_refused(foreign, tmp_path: Path, digest: str) -> None:
    model = train(foreign, seed=1)
    origin = dataclasses.replace(model.origin, features_sha256=digest)
    path = tmp_path / "old"
    modelfile.save(dataclasses.replace(model, origin=origin), path, KEY)
    with pytest.raises(Refused) as refused:
        modelfile.load(path, KEY, labels=None)
    assert refused.value.code == "model.version"
    assert "postlotse train" in refused.value.message


def test_the_fingerprint_covers_all_that_makes_rows() -> None:
    """Every module of the room that these reach by imports, and the data they read."""
    folder = Path(features.__file__).parent
    reached, ahead = set(), ["features", "terms", "facts/day_terms"]
    while ahead:
        name = ahead.pop()
        if name in reached:
            continue
        reached.add(name)
        for node in ast.walk(ast.parse((folder / f"{name}.py").read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and f"{node.module}.".startswith("classify."):
                place = str(node.module).removeprefix("classify").strip(".").replace(".", "/")
                inside = (folder / place).is_dir()
                ahead += [f"{place}/{a.name}".strip("/") for a in node.names] if inside else [place]
    data = {path.name for path in folder.glob("*.toml")}
    assert {f"{name}.py" for name in reached} | data == set(fingerprint.PARTS)


def test_one_changed_byte_of_feature_code_changes_the_fingerprint(
    tmp_path: Path, monkeypatch
) -> None:
    copy = tmp_path / "classify"
    (copy / "facts").mkdir(parents=True)
    folder = Path(features.__file__).parent
    for name in fingerprint.PARTS:
        (copy / name).write_bytes((folder / name).read_bytes())
    monkeypatch.setattr(fingerprint, "files", lambda _room: copy)
    same = fingerprint.of_features.__wrapped__()
    assert same == fingerprint.of_features()
    with (copy / "phrases.toml").open("ab") as file:
        file.write(b"#")
    assert fingerprint.of_features.__wrapped__() != same


@pytest.fixture(scope="module")
def foreign(tmp_path_factory):
    texts = [("Tor und Pokal im Stadion", "Sport"), ("Server und Browser im Netz", "Web")]
    lines = [
        json.dumps({"text": f"{text} {n}", "labels": [label]})
        for n in range(15)
        for text, label in texts
    ]
    path = tmp_path_factory.mktemp("foreign") / "public.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    return examples(read([path]), parse)


def test_a_public_data_set_can_be_learned_and_measured(foreign, directory, tmp_path: Path) -> None:
    path = tmp_path / "foreign"
    modelfile.save(train(foreign, seed=1), path, KEY)
    assert refusal(path) == "model.labels"
    loaded = modelfile.load(path, KEY, labels=None)
    report = evaluate(foreign, places=directory, seed=1, model=loaded)
    assert report.systems[0].first == 1.0
    assert report.systems[0].payment_recall is None


def test_same_mail_same_seed_same_weights(foreign) -> None:
    first, second = train(foreign, seed=1), train(foreign, seed=1)
    assert first.id == second.id
    assert first.thresholds == second.thresholds
    assert name_of(first) == name_of(second)
    assert first.table.weights.tobytes() == second.table.weights.tobytes()


def test_a_model_of_other_mail_has_another_id(foreign) -> None:
    assert train(foreign, seed=1).id != train(foreign[:-1], seed=1).id


def test_too_few_mails_are_refused(foreign, directory) -> None:
    with pytest.raises(Refused) as refused:
        train(foreign[:4], seed=1)
    assert refused.value.code == "train.too_few"
    with pytest.raises(Refused) as refused:
        candidate.make(foreign[:1], places=directory, seed=1, gate_writers=())
    assert refused.value.code == "train.too_few"


def test_held_out_margins_equal_those_of_a_training_without_the_writer() -> None:
    random = np.random.default_rng(3)
    matrix, truth = random.normal(size=(30, 8)), random.integers(0, 2, size=(30, 2))
    writers = [f"w{n % 3}" for n in range(30)]
    solved = heldout.solve(matrix, truth, writers, alpha=0.5, seed=1)
    for seen, unseen in folds.split(writers, seed=1):
        inner = matrix[seen].T @ matrix[seen] + 0.5 * np.eye(8)
        weights = np.linalg.solve(inner, matrix[seen].T @ (2.0 * truth[seen] - 1))
        assert solved.margins[unseen] == pytest.approx(matrix[unseen] @ weights, abs=1e-5)
    whole = np.linalg.solve(matrix.T @ matrix + 0.5 * np.eye(8), matrix.T @ (2.0 * truth - 1))
    assert matrix.T @ solved.duals == pytest.approx(whole, abs=1e-5)


def test_a_mail_of_half_weight_counts_like_half_a_mail() -> None:
    random = np.random.default_rng(5)
    matrix, truth = random.normal(size=(20, 6)), random.integers(0, 2, size=(20, 2))
    weights = np.where(np.arange(20) < 5, 0.5, 1.0)
    solved = heldout.solve(matrix, truth, ["w", "v"] * 10, alpha=0.3 / weights, seed=1)
    inner = (matrix.T * weights) @ matrix + 0.3 * np.eye(6)
    expected = np.linalg.solve(inner, (matrix.T * weights) @ (2.0 * truth - 1))
    assert matrix.T @ solved.duals == pytest.approx(expected, abs=1e-5)


@given(writers=st.lists(st.sampled_from("abc"), min_size=12, max_size=40))
def test_every_mail_is_unseen_once_and_no_writer_is_on_both_sides(writers: list[str]) -> None:
    all_unseen: list[int] = []
    for seen, unseen in folds.split(writers, seed=1):
        all_unseen += unseen.tolist()
        if len(set(writers)) > 1:
            assert not {writers[n] for n in seen} & {writers[n] for n in unseen}
    assert sorted(all_unseen) == list(range(len(writers)))


def test_the_false_yes_bound_keeps_the_asked_share_out() -> None:
    sure = np.linspace(0.0, 1.0, 201)
    truth = np.zeros(201, dtype=np.int64)
    assert (sure >= calibrate.false_yes_bound(sure, truth, 0.05)).mean() <= 0.05


def test_ranks_follow_the_order_that_people_give() -> None:
    ranks = calibrate.ranks(("a", "b", "c"), [("a", "b"), ("a", "b"), ("a",)])
    assert ranks[0] < ranks[2] < ranks[1]
