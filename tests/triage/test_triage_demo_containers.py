"""The demo in containers, without containers: its Dovecot is started as its own script does it.

Only paths, port and account are others; the rest of docker/demo is taken as it stands.
"""

import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest

from tests.house_fixture import eml
from tests.journey.conftest import wait_until
from tests.servers.postgres import free_port
from triage.demo.mails import SampleMail
from triage.demo.run import REGIONS
from triage.doctor import ways as doctor_ways
from triage.doctor.finding import Grade
from triage.settings import Settings, load

DEMO = Path(__file__).parents[2] / "docker/demo"
DOVECOT = shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


@dataclass(frozen=True, slots=True)
class Running:
    """The demo's Dovecot and the demo's configuration, which leads to it."""

    settings: Settings
    log: Path


@pytest.fixture(scope="module")
def neighbours() -> ModuleType:
    spec = importlib.util.spec_from_file_location("neighbours", DEMO / "neighbours.py")
    assert spec
    assert spec.loader
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


@pytest.fixture
def running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    # Not tmp_path: its parents are closed to `nobody`, and a socket's path is short.
    base, port = Path(tempfile.mkdtemp(prefix="demo")), free_port()
    owner = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
    monkeypatch.setenv("POSTBOX_PASSWORD", "only-for-the-demo")
    group = subprocess.run(["id", "-gn", owner.pw_name], check=True, capture_output=True, text=True)
    for place in ("", "mail", "tls", "run"):
        (base / place).mkdir(exist_ok=True)
        os.chown(base / place, owner.pw_uid, owner.pw_gid)

    def mine(text: str) -> str:
        text = text.replace("/srv/", f"{base}/").replace("/run/postbox", f"{base}/run")
        text = text.replace("group = postbox", f"group = {group.stdout.strip()}")
        text = text.replace("gid = postbox", f"gid = {group.stdout.strip()}")
        return text.replace("= postbox", f"= {owner.pw_name}").replace("10993", str(port))

    conf = base / "dovecot.conf"
    conf.write_text(mine((DEMO / "dovecot.conf").read_text()).replace("= *", "= 127.0.0.1"))
    script = mine((DEMO / "start.sh").read_text())
    script = script.replace("exec dovecot -F", f"exec {DOVECOT} -F -c {conf}")
    log = base / "log"
    # As root it runs as somebody else, as in its container; an ordinary user stays who he is.
    account = {"user": owner.pw_uid, "group": owner.pw_gid} if os.geteuid() == 0 else {}
    with log.open("wb") as out:
        process = subprocess.Popen(
            ["sh", "-c", script],
            stdout=out,
            stderr=out,
            start_new_session=True,
            cwd=base,
            **account,
        )

    def answers() -> bool:
        assert process.poll() is None, log.read_text()
        with socket.socket() as line:
            return line.connect_ex(("127.0.0.1", port)) == 0

    wait_until(answers)
    config = tmp_path / "postlotse.toml"
    config.write_text(
        mine((DEMO / "postlotse.toml").read_text()).replace('"dovecot"', '"localhost"')
    )
    yield Running(load(config), log)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait(10)
    shutil.rmtree(base)


def test_the_mails_lie_in_the_postboxes_of_their_region_once(
    neighbours: ModuleType, running: Running
) -> None:
    mails = [SampleMail(f"{turn}", region, eml("Termin")) for region in REGIONS for turn in (1, 2)]
    mails.append(SampleMail("empty", REGIONS[0], b""))
    assert neighbours.lay_mails(running.settings, mails) == 2 * len(REGIONS)
    assert neighbours.lay_mails(running.settings, mails) == 0
    found = list(doctor_ways.postboxes(running.settings, None))
    assert {one.grade for one in found} == {Grade.GOOD}, running.log.read_text()
    assert len(found) == 10, "a login and a certificate each"
