"""The program under what its systemd units forbid; their text is held by test_house_deploy.py."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
UNIT = ROOT / "deploy/systemd/postlotse-api.service"
POSTLOTSE = Path(sys.executable).with_name("postlotse")


def test_a_mail_is_judged_though_the_unit_denies_calls_that_libraries_make() -> None:
    """OpenBLAS asks for memory near its core (mbind); killed for it, nothing ever started."""
    words = [sys.executable, ROOT / "tests/servers/refused_calls.py", UNIT]
    done = subprocess.run(
        [*words, POSTLOTSE, "judge", ROOT / "tests/mails/html_only.eml"],
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-500:]
    assert json.loads(done.stdout)["channel"] == "freie_email"
