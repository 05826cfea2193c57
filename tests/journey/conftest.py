"""The command as its user starts it: a process of its own, real HTTP, a real browser."""

import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

START_SECONDS = 120
CHROMIUM = "/usr/bin/chromium"
CHROMIUM_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass
class Running:
    """One running `postlotse` process."""

    process: subprocess.Popen[bytes]
    url: str
    folder: Path
    log: Path

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        self.process.send_signal(number)
        return self.process.wait(60)


def start(folder: Path, *words: str, cwd: Path | None = None) -> Running:
    """Start `postlotse WORDS` and wait for the address that it says."""
    folder.mkdir(parents=True, exist_ok=True)
    log, out = folder / "log.txt", folder / "out.txt"
    with log.open("ab") as stderr, out.open("wb") as stdout:
        process = subprocess.Popen(
            [sys.executable, "-m", "triage", *words], stdout=stdout, stderr=stderr, cwd=cwd
        )
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        found = re.search(rb"http://127\.0\.0\.1:\d+", out.read_bytes())
        if found:
            return Running(process, found[0].decode(), folder, log)
        assert process.poll() is None, log.read_text(errors="replace")
        time.sleep(0.1)
    process.kill()
    raise AssertionError(f"no address said in {START_SECONDS} s")


def wait_until(what, *, seconds: float = 60, every: float = 0.2) -> None:
    """Until `what()` is true; fails with its name."""
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, f"waited {seconds} s for {what.__name__}"
        time.sleep(every)


def start_demo(folder: Path, *words: str) -> Running:
    demo = folder / "demo"
    return start(
        folder, "demo", "--folder", str(demo), "--port", "0", "--mails", "40",
        "--feed-seconds", "600", *words,
    )  # fmt: skip


def is_ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health/ready", timeout=5).status_code == 200
    except httpx.TransportError:
        return False


@pytest.fixture(scope="session")
def demo(tmp_path_factory) -> Iterator[Running]:
    running = start_demo(tmp_path_factory.mktemp("journey"))

    def ready() -> bool:
        return is_ready(running.url)

    wait_until(ready)
    yield running
    if running.process.poll() is None:
        running.stop()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGS)
        yield chromium
        chromium.close()


def _told(message: ConsoleMessage) -> str:
    return f"{message.text} {message.location['url']}"


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="de-DE")
    page = context.new_page()
    faults: list[str] = []
    page.on(
        "console",
        lambda m: faults.append(f"{m.text} {m.location['url']}") if m.type == "error" else None,
    )
    page.on("pageerror", lambda e: faults.append(str(e)))
    yield page
    context.close()
    assert faults == [], "the browser's console is silent"
