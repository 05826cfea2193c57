"""Who gives a command: not who he says he is, but who logged in at this machine."""

import json
import os
import pwd
from pathlib import Path

import pytest

from triage.cli import console

ME = pwd.getpwuid(os.getuid()).pw_name
ROOT = pwd.getpwuid(0).pw_name


@pytest.mark.parametrize(
    ("login", "who"),
    [
        ("0", ROOT),
        ("4294967295", ME),
        ("4294967294", "4294967294"),
        ("", ME),
        (None, ME),
    ],
    ids=["logged in", "nobody did", "without a name", "empty", "no such file"],
)
def test_the_account_is_that_of_the_login_and_never_of_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, login: str | None, who: str
) -> None:
    file = tmp_path / "loginuid"
    if login is not None:
        file.write_text(login)
    monkeypatch.setattr(console, "_LOGIN", file)
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME", "SUDO_USER"):
        monkeypatch.setenv(name, "berta")
    assert console.operator().name == f"cli:{who}"


def test_a_row_of_a_list_is_written_for_people_and_told_whole_to_programs(capsys):
    row = {"name": "sc-west", "agencies": None, "regions": ["Nord", "West"]}
    console.show(row, as_json=False)
    console.show(row, as_json=True)
    text, told = capsys.readouterr().out.splitlines()
    assert text == "name=sc-west  agencies=-  regions=Nord,West"
    assert json.loads(told) == row
