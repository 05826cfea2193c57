"""`postlotse init` writes a configuration that loads, and its secrets; nothing is overwritten."""

import stat
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from rules.errors import Refused
from triage import wiring
from triage.cli import app as cli
from triage.cli import door as cli_door
from triage.settings import Settings, load, secret

KINDS = {
    "exchange": "https://mail.dienst.example/EWS/Exchange.asmx",
    "imap": "imap.dienst.example",
    "maildir": "mail",
}
DATABASES = ["sqlite:///var/p.sqlite", "postgresql://p@db.dienst.example/p"]


def run(folder: Path, *args: str, typed: str = "") -> tuple[int, str]:
    told = CliRunner().invoke(
        cli.app, ["init", "--config", str(folder / "p.toml"), *args], input=typed
    )
    return told.exit_code, told.output


def secrets_of(file: Path) -> dict[str, str]:
    lines = file.read_text("utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if not line.startswith("#"))


@pytest.mark.parametrize("database", DATABASES)
@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_and_database_gives_a_file_that_loads(tmp_path, kind, database, monkeypatch):
    code, told = run(
        tmp_path, "--yes", "--kind", kind, "--name", "SC-Süd", "--region", "Süd",
        "--server", KINDS[kind], "--database", database,
    )  # fmt: skip
    assert (code, "postlotse doctor" in told) == (0, True)
    settings = load(tmp_path / "p.toml")
    (box,) = settings.postboxes
    assert (box.kind, box.name, box.region, box.mode) == (kind, "SC-Süd", "Süd", "observe")
    found = secrets_of(tmp_path / "p.env")
    needed = {"POSTLOTSE_SC_S_D_PASSWORD"} if kind != "maildir" else set()
    needed |= {"PGPASSWORD"} if database.startswith("postgresql") else set()
    assert {name for name, value in found.items() if not value} == needed
    for name, value in found.items():
        monkeypatch.setenv(name, value)
    assert len(cli_door.door_of(settings).session_secret) >= 32


def test_both_files_are_for_their_owner_and_the_configuration_holds_no_secret(tmp_path):
    run(tmp_path, "--yes")
    for name in ("p.toml", "p.env"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600
    made = [value for value in secrets_of(tmp_path / "p.env").values() if value]
    assert len(made) == 2
    text = (tmp_path / "p.toml").read_text("utf-8")
    assert [value for value in made if value in text] == []
    assert "# POSTLOTSE_OIDC_SECRET=" in (tmp_path / "p.env").read_text("utf-8")


def test_the_line_for_a_shell_loads_the_secrets_in_the_plainest_one(tmp_path):
    """dash, which is /bin/sh of Debian, finds no file by a bare name. Source: POSIX, `dot`."""
    folder = tmp_path / "Haus Ost"
    folder.mkdir()
    told = CliRunner().invoke(
        cli.app, ["init", "--config", str(folder / "p.toml"), "--yes", "--kind", "maildir"]
    )
    (line,) = (one for one in told.output.splitlines() if "a shell by" in one)
    shell = line.partition("a shell by ")[2]
    loaded = subprocess.run(
        ["/bin/sh", "-c", f"{shell} && printenv POSTLOTSE_SESSION_SECRET"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    assert loaded.stdout.strip() == secrets_of(folder / "p.env")["POSTLOTSE_SESSION_SECRET"]


@pytest.mark.parametrize("there", ["p.toml", "p.env"])
def test_nothing_is_overwritten(tmp_path, there):
    (tmp_path / there).write_text("mine")
    code, _ = run(tmp_path, "--yes")
    assert code == 1
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [(there, "mine")]


def test_what_is_not_given_is_asked(tmp_path):
    typed = "maildir\nSC-Ost\nOst\nmail\nsqlite:///p.sqlite\ndrop\n"
    code, _ = run(tmp_path, typed=typed)
    assert code == 0
    settings = load(tmp_path / "p.toml")
    assert settings.postboxes[0].root == tmp_path / "mail"
    assert settings.eakte.drop == tmp_path / "drop"


@pytest.mark.parametrize(
    "args",
    [
        ("--region", "Mitte"),
        ("--kind", "exchange", "--server", "http://mail.dienst.example/EWS"),
        ("--kind", "exchange", "--mailbox", "no address"),
        ("--kind", "maildir", "--database", "mysql://db.dienst.example/postlotse"),
    ],
)
def test_what_would_not_load_is_not_written(tmp_path, args):
    code, _ = run(tmp_path, "--yes", *args)
    assert code == 1
    assert list(tmp_path.iterdir()) == []


def test_an_answer_can_not_become_a_setting(tmp_path):
    code, _ = run(tmp_path, "--yes", "--name", 'x"\nmode = "full"\n# \x7f', "--kind", "maildir")
    assert code == 0
    (box,) = load(tmp_path / "p.toml").postboxes
    assert (box.name, box.mode) == ('x"\nmode = "full"\n# \x7f', "observe")


def test_a_secret_may_lie_in_a_file_that_a_variable_names(tmp_path):
    (tmp_path / "s").write_text("geheim\n")
    assert secret("X", {"X_FILE": str(tmp_path / "s")}) == "geheim"
    assert secret("X", {"X_FILE": str(tmp_path / "s"), "X": "offen"}) == "offen"
    (tmp_path / "s").write_bytes(b"\xef\xbb\xbfgeheim\r\n")
    assert secret("X", {"X_FILE": str(tmp_path / "s")}) == "geheim", "an editor of Windows wrote it"
    with pytest.raises(Refused) as missing:
        secret("X", {"X_FILE": str(tmp_path / "nowhere")})
    assert missing.value.code == "settings.secret_file"


def test_a_key_of_the_model_that_cannot_be_read_is_told_and_no_other_taken(tmp_path, monkeypatch):
    monkeypatch.delenv("POSTLOTSE_MODEL_KEY", raising=False)
    monkeypatch.setenv("POSTLOTSE_MODEL_KEY_FILE", str(tmp_path / "nowhere"))
    with pytest.raises(Refused) as refused:
        wiring.model_key(Settings())
    assert refused.value.code == "settings.secret_file"
