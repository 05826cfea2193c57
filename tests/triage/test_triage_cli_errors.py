"""What the command line says when something is mistyped, unwritable or interrupted: never nothing,
and never a trace of the program.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from rules.errors import HouseError
from triage.cli import app as cli
from triage.learning import training_file

RUN = CliRunner()


def refusal(*words: str) -> HouseError:
    result = RUN.invoke(cli.app, list(words))
    assert isinstance(result.exception, HouseError), (words, result.output, result.exception)
    return result.exception


def run(*words: str, cwd: Path, stdout: int = subprocess.PIPE) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "triage", *words],
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        timeout=120,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )


@pytest.fixture
def config(small_config: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("POSTLOTSE_CONFIG", str(small_config))
    return small_config


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("rights audit --postbox SC-Osten", "postbox.unknown"),
        ("rights report --postbox SC-Osten --out r.html", "postbox.unknown"),
        ("aside list --postbox SC-Osten", "postbox.unknown"),
        ("aside replay-all --postbox SC-Osten", "postbox.unknown"),
        ("items list --agency 99999", "item.agency"),
        ("model shadow-report nobody", "model.unknown"),
        ("backup reread --since 2999-01-01T00:00:00+00:00", "backup.since"),
    ],
)
def test_a_mistyped_name_is_never_answered_with_nothing_and_0(config, tmp_path, words, code):
    given = words.replace("r.html", str(tmp_path / "r.html"))
    assert refusal(*given.split()).code == code
    assert not (tmp_path / "r.html").exists()


def test_a_mistyped_kind_of_what_leaves_is_wrong_usage(config):
    told = RUN.invoke(cli.app, ["outbox", "replay-all", "--kind", "eakt"])
    assert told.exit_code == 2
    assert RUN.invoke(cli.app, ["outbox", "replay-all", "--kind", "eakte"]).exit_code == 0


def test_a_reason_for_which_nothing_lies_aside_is_named(config):
    told = RUN.invoke(cli.app, ["aside", "replay-all", "--reason", "mail.autorely"])
    assert told.exit_code == 0
    assert "mail.autorely" in told.stdout


def test_clearing_is_a_place_where_items_lie(config):
    assert RUN.invoke(cli.app, ["items", "list", "--agency", "klaerung"]).exit_code == 0


@pytest.mark.parametrize("more", [(), ("--json",)])
def test_health_says_what_it_misses(config, more):
    told = refusal("health", *more)
    assert told.code == "health.silent"
    assert "postlotse work" in told.message


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("texts export FILE/x", "texts.folder"),
        ("relearn export --out FILE/x", "relearn.file"),
        ("relearn export --out FOLDER", "relearn.file"),
    ],
)
def test_what_can_not_be_written_is_told_with_its_place(config, tmp_path, words, code):
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    given = words.replace("FILE", f"{tmp_path}/file").replace("FOLDER", f"{tmp_path}/folder")
    told = refusal(*given.split())
    assert told.code == code
    assert str(tmp_path) in told.message


def test_half_a_file_of_real_mail_is_not_left(tmp_path):
    def lines():
        yield {"body": "x"}
        raise OSError(28, os.strerror(28))

    with pytest.raises(HouseError) as told:
        training_file.write(tmp_path / "out.jsonl", lines())
    assert told.value.code == "relearn.file"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("demo --folder file/x", "system.refused"),
        ("demo --folder file", "system.refused"),
        ("demo --folder d --mails 0 --port 99999", "door.port"),
        ("init --kind maildir", "init.no_answer"),
    ],
)
def test_no_trace_of_the_program_reaches_who_runs_it(tmp_path, words, code):
    (tmp_path / "file").touch()
    told = run(*words.split(), cwd=tmp_path)
    assert told.returncode == 1
    assert f"[{code}]" in told.stderr
    assert "Traceback" not in told.stderr


def test_a_full_disk_below_the_output_is_told(tmp_path):
    with Path("/dev/full").open("w", encoding="ascii") as full:
        told = run("keys", "new", "sc-west", cwd=tmp_path, stdout=full.fileno())
    assert told.returncode == 1
    assert "[system.refused]" in told.stderr
    assert "Traceback" not in told.stderr


def test_ctrl_c_while_the_program_is_loaded_leaves_no_trace(tmp_path):
    """At moments all over the start; a later one finds the first question."""
    for tenth in range(1, 13, 2):
        with subprocess.Popen(
            [sys.executable, "-m", "triage", "init", "--kind", "maildir"],
            cwd=tmp_path,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        ) as started:
            time.sleep(0.1 + tenth / 10)
            started.send_signal(2)
            _, told = started.communicate(timeout=60)
        # -2: ended by the signal itself while it loads; a shell shows 130 for both.
        assert started.returncode in {130, -2}, told
        assert "Traceback" not in told


def test_an_address_of_the_database_that_is_none_is_an_error_of_the_configuration(tmp_path):
    file = tmp_path / "p.toml"
    file.write_text('[store]\nurl = "mysql://x"\n[desk]\nport = "x"\n')
    told = refusal("hosts", "-c", str(file))
    assert told.code == "settings.invalid"
    assert "store.url" in told.message
    assert "desk.port" in told.message


@pytest.mark.parametrize(
    ("data", "code"),
    [(b"# \xc4\n", "settings.not_toml"), (b"[store\n", "settings.not_toml"), (b"", "")],
)
def test_a_file_that_can_not_be_read_says_how_it_can(tmp_path, data, code):
    file = tmp_path / "p.toml"
    if code:
        file.write_bytes(data)
    told = refusal("hosts", "-c", str(file))
    assert told.code == (code or "settings.missing")
    assert "Remedy" in told.message
