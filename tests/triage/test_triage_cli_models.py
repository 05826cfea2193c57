"""The commands around the life of a model, with the installed model under two names."""

import json
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from typer.testing import CliRunner

from classify.life.gate import Measured
from classify.life.shadow import ShadowedJudge
from classify.model import file as modelfile
from rules.errors import HouseError
from tests import commands
from triage import wiring
from triage.cli import app as cli
from triage.settings import Settings, load

RUN = CliRunner()
GOOD = Measured("a" * 64, ("w",), 350, 0.99, 0.04, 0.88, 0.92, 0.3, ())

call = partial(commands.call, "model")


@pytest.fixture
def config(tmp_path) -> Path:
    file = tmp_path / "postlotse.toml"
    file.write_text('[data]\nmodels = "models"\n')
    return file


@pytest.fixture
def ids(config) -> tuple[str, str]:
    """Two models on the shelf: a good one, and one that the gate keeps out."""
    settings = load(config)
    key = wiring.model_key(settings)
    model = modelfile.load(wiring.default_model_path(), key)
    shelf = wiring.model_shelf(settings)
    good = shelf.add(model, GOOD, None).id
    worse = shelf.add(replace(model, payment_bound=0.5), replace(GOOD, payment_recall=0.9), None)
    return good, worse.id


def test_from_candidate_to_live_and_back_and_a_shadow_beside_it(config, ids) -> None:
    good, worse = ids
    rest = ("-c", str(config))
    call("activate", good, *rest)
    refused = RUN.invoke(cli.app, ["model", "activate", worse, *rest])
    assert isinstance(refused.exception, HouseError)
    assert refused.exception.code == "model.gate"
    call("activate", worse, "--despite", "für den Vergleich im Test", *rest)
    rows = [json.loads(line) for line in call("list", "--json", *rest).splitlines()]
    assert {row["id"]: row["state"] for row in rows} == {good: "candidate", worse: "live"}
    unnamed = RUN.invoke(cli.app, ["model", "rollback", *rest])
    assert unnamed.exception.code == "model.not_named"
    words = unnamed.exception.message.partition("postlotse model ")[2].split()
    assert words == ["rollback", "--to", good]
    assert f"{good} is live again" in call(*words, "--reason", "Test", *rest)
    assert f"{good} is live already" in call(*words, "--reason", "Test", *rest)
    assert f"# Model {good}" in call("card", good, *rest)
    call("shadow", worse, *rest)
    assert isinstance(wiring.build_judging(load(config)).judge, ShadowedJudge)
    report = [json.loads(line) for line in call("shadow-report", "--json", *rest).splitlines()]
    assert report == [{"live": good, "shadow": worse, "mails": 0}]
    call("shadow", "off", *rest)
    assert not isinstance(wiring.build_judging(load(config)).judge, ShadowedJudge)


def test_each_start_counts_into_a_file_of_its_own(config, ids, monkeypatch) -> None:
    """The number of a process in a container is the same after each start, and in each replica."""
    good, worse = ids
    call("activate", good, "-c", str(config))
    call("shadow", worse, "-c", str(config))
    files: list[Path] = []
    monkeypatch.setattr("classify.life.shelf.Shelf.load", lambda *_: None)
    monkeypatch.setattr("classify.judge.Judge", lambda *_, name: name)
    monkeypatch.setattr(
        "classify.life.shadow.ShadowedJudge", lambda _live, _beside, own: files.append(own)
    )
    for _ in range(2):
        wiring.build_judging(load(config))
    assert len({file.name for file in files}) == 2
    assert {file.parent for file in files} == {files[0].parent}


def test_without_a_shelf_the_installed_model_judges() -> None:
    assert wiring.model_shelf(Settings()).live() is None
    assert wiring.build_judging(Settings()).judge is not None


def test_train_without_out_makes_a_candidate_with_a_card(config, tmp_path) -> None:
    texts = [("Tor und Pokal im Stadion", "Sport"), ("Server und Browser im Netz", "Web")]
    lines = [
        json.dumps({"text": f"{text} {n}", "labels": [label]})
        for n in range(8)
        for text, label in texts
    ]
    corpus = tmp_path / "public.jsonl"
    corpus.write_text("\n".join(lines), encoding="utf-8")
    result = RUN.invoke(cli.app, ["train", str(corpus), "-c", str(config)])
    assert result.exit_code == 0, result.exception
    assert "it can't go live: it was given no mail of anschrift_name, " in result.stdout
    (row,) = [json.loads(line) for line in call("list", "--json", "-c", str(config)).splitlines()]
    assert (row["state"], row["mails"], row["macro_f1"]) == ("candidate", 16, None)
    refused = RUN.invoke(cli.app, ["model", "activate", row["id"], "-c", str(config)])
    assert refused.exception.code == "model.labels"
    assert "it lacks: anschrift_name, " in refused.exception.message
