"""Debian packages that can't be installed beside Dovecot: fetched and unpacked, never installed.

    folder = unpacked("cyrus-imapd")

Debian lets one IMAP server only be installed at a time. What the packages depend on and what is
not there comes along; the `.deb` files stay in `var/foreign`. Needs apt-get, and once a mirror.
"""

import atexit
import os
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

_DEBS = Path(__file__).resolve().parents[2] / "var" / "foreign"


@cache
def unpacked(*packages: str) -> Path:
    """The root of a tree with these packages, readable for every user; removed at the end."""
    folder = _DEBS / "+".join(packages)
    if not folder.exists():
        _download(folder, _lacking(packages))
    root = Path(tempfile.mkdtemp(prefix="unpacked"))
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    for deb in folder.glob("*.deb"):
        subprocess.run(["dpkg", "-x", str(deb), str(root)], check=True)
    root.chmod(0o755)
    return root


def environment(root: Path) -> dict[str, str]:
    """For programs of that tree: they find its libraries first, then those of the system."""
    folders = [*root.glob("lib/*-linux-gnu*"), *root.glob("usr/lib/*-linux-gnu*"), root / "usr/lib"]
    return {**os.environ, "LD_LIBRARY_PATH": ":".join(map(str, folders))}


def _download(folder: Path, packages: list[str]) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as fresh:
        subprocess.run(
            ["apt-get", "download", "-q", *packages],
            cwd=fresh, check=True, capture_output=True, text=True,
        )  # fmt: skip
        shutil.copytree(fresh, folder)


def _lacking(packages: tuple[str, ...]) -> list[str]:
    """What an installation would bring along and is not here in any version."""
    told = subprocess.run(
        ["apt-get", "install", "-s", "-q", "--no-install-recommends", *packages],
        check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    lines = [line.split() for line in told.splitlines() if line.startswith("Inst ")]
    # "Inst NAME (VERSION ...)"; before an upgrade stands the old version in brackets.
    return [words[1] for words in lines if words[2].startswith("(")]
