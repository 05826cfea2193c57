"""Who sits at the terminal, by what the kernel says of them."""

import os
import pwd
from pathlib import Path

import pytest

from triage import console

ROOT = pwd.getpwuid(0).pw_name
OTHER = pwd.getpwnam("nobody")


@pytest.fixture
def login(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the kernel keeps of the sign-in to this machine."""
    monkeypatch.setattr(console, "_LOGIN_UID", tmp_path / "loginuid")
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME", "SUDO_USER"):
        monkeypatch.setenv(name, "second-person")
    monkeypatch.setattr(os, "getuid", lambda: 0)
    return tmp_path / "loginuid"


def test_nobody_becomes_a_second_person_by_the_environment(login: Path) -> None:
    assert console.operator().name == f"cli:{ROOT}"
    login.write_text("4294967295")
    assert console.operator().name == f"cli:{ROOT}"


def test_behind_sudo_the_person_counts_who_signed_in(login: Path) -> None:
    login.write_text(str(OTHER.pw_uid))
    assert console.operator().name == f"cli:{OTHER.pw_name}"


def test_an_account_without_a_name_is_its_number(login: Path) -> None:
    login.write_text("4000000001")
    assert console.operator().name == "cli:4000000001"
