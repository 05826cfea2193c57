"""What we take from others: licences are known, and the audit says what it could not ask."""

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.supply import audit_run
from tests.supply.audit_run import LIST, ask, licence_faults, pins

LISTED = tomllib.loads(LIST.read_text("utf-8"))


def test_each_package_has_a_licence_that_is_allowed_and_says_the_same_itself() -> None:
    assert len(pins()) > 50
    assert licence_faults(list(pins()), LISTED) == []


@pytest.mark.parametrize(
    ("packages", "fault"),
    [
        ({}, "rich: not listed"),
        ({"rich": "MIT", "gone": "MIT"}, "gone: listed and no longer taken"),
        ({"rich": "AGPL-3.0-only"}, "rich: AGPL-3.0-only is not allowed"),
        ({"rich": "MIT AND AGPL-3.0-only"}, "rich: MIT AND AGPL-3.0-only is not allowed"),
        ({"rich": "ISC"}, "rich: says MIT, listed is ISC"),
    ],
)
def test_a_licence_that_is_missing_forbidden_or_wrong_is_named(
    packages: dict[str, str], fault: str
) -> None:
    assert fault in licence_faults(["rich"], LISTED | {"packages": packages})


def test_one_allowed_choice_of_two_is_enough() -> None:
    either = LISTED | {"packages": {"cryptography": "Apache-2.0 OR AGPL-3.0-only"}}
    assert "is not allowed" not in " ".join(licence_faults(["cryptography"], either))


def stand_in(folder: Path, *, out: str, err: str = "", code: int = 0) -> str:
    """A program that answers as pip-audit does."""
    path = folder / "pip-audit"
    lines = [f"sys.stdout.write({out!r})", f"sys.stderr.write({err!r})", f"sys.exit({code})"]
    path.write_text("\n".join([f"#!{sys.executable}", "import sys", *lines]), encoding="utf-8")
    path.chmod(0o700)
    return str(path)


def answer(*weak: dict[str, object]) -> str:
    return json.dumps({"dependencies": [{"name": "rich", "version": "1", "vulns": list(weak)}]})


def test_known_weaknesses_are_named(tmp_path: Path) -> None:
    weak = {"id": "CVE-2026-1", "fix_versions": ["2.0"]}
    asked = ask(stand_in(tmp_path, out=answer(weak), code=1), [])
    assert asked.found == ("rich 1: CVE-2026-1, mended in 2.0",)
    assert ask(stand_in(tmp_path, out=answer()), []) == audit_run.Asked()


@pytest.mark.parametrize("out", ["", "{}", "[]", "no JSON"])
def test_what_could_not_be_asked_is_never_told_as_clean(tmp_path: Path, out: str) -> None:
    asked = ask(stand_in(tmp_path, out=out, err="ConnectionError: no network", code=1), [])
    assert asked.found == ()
    assert "no network" in asked.why_not


def test_without_the_program_it_says_so_and_strict_fails() -> None:
    command = [sys.executable, "-m", "tests.supply.audit_run"]
    root = Path(__file__).resolve().parents[2]
    for more, code in (([], 0), (["--strict"], 3)):
        done = subprocess.run(
            [*command, *more], cwd=root, env={"PATH": "/nowhere"}, capture_output=True, check=False
        )
        assert (done.returncode, b"NOT ASKED" in done.stdout) == (code, True), done.stdout
