"""What we take from others: licences, and known weaknesses as far as they can be asked.

    python -m tests.supply.audit_run [--strict] [arguments of pip-audit, such as --osv-url URL]

Weaknesses are asked by `pip-audit` where it is installed and its database can be reached; else
it says so in plain words, and with `--strict` ends with 3. Ends with 1 where a weakness is known,
or a licence is missing from the list or not allowed.
"""

import json
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
LOCK = ROOT / "requirements.lock"
LIST = Path(__file__).with_name("licences.toml")
SECONDS = 300
"""Longest wait for pip-audit: it asks for each of some ninety packages."""

SPDX = {
    "apache-2.0": "Apache-2.0",
    "apache software license": "Apache-2.0",
    "bsd": "BSD",
    "bsd license": "BSD",
    "bsd-2-clause": "BSD-2-Clause",
    "bsd-3-clause": "BSD-3-Clause",
    "isc": "ISC",
    "isc license": "ISC",
    "isc license (iscl)": "ISC",
    "mit": "MIT",
    "mit license": "MIT",
    "mpl-2.0": "MPL-2.0",
    "mozilla public license 2.0 (mpl 2.0)": "MPL-2.0",
    "mpl-2.0 and mit": "MPL-2.0 AND MIT",
    "psfl": "PSF-2.0",
    "lgpl": "LGPL",
    "lgpl v3": "LGPL-3.0-only",
}
"""How packages write their licences, and what SPDX calls them; "BSD" and "LGPL" tell no version."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What became of the question. `found` names weaknesses; `why_not` is told if nobody asked."""

    found: tuple[str, ...] = ()
    why_not: str = ""


def pins(lock: Path = LOCK) -> dict[str, str]:
    """Name and version of each package that is installed with the house."""
    pin = re.compile(r"^([a-z0-9][a-z0-9._-]*)==([^\s;\\]+)", re.MULTILINE)
    return dict(pin.findall(lock.read_text("utf-8")))


def said_by(name: str) -> str:
    """The licence that an installed package states, in SPDX words where it is clear; else empty."""
    try:
        told = metadata(name)
    except PackageNotFoundError:
        return ""
    if told.get("License-Expression"):
        return str(told["License-Expression"])
    classes = [line.rpartition(" :: ")[2] for line in told.get_all("Classifier") or ()]
    words = [str(told.get("License") or ""), *classes]
    return next((SPDX[word.lower()] for word in words if word.lower() in SPDX), "")


def licence_faults(names: Sequence[str], listed: dict[str, Any]) -> list[str]:
    """What is wrong with the list of licences, one line a fault; empty if all is well."""
    known, allowed = listed["packages"], set(listed["allowed"])
    faults = [f"{name}: not listed" for name in names if name not in known]
    faults += [f"{name}: listed and no longer taken" for name in known if name not in names]
    for name, licence in known.items():
        one_of = re.split(r" OR ", licence)
        if not any(set(re.split(r" AND ", choice)) <= allowed for choice in one_of):
            faults.append(f"{name}: {licence} is not allowed")
        said = said_by(name)
        # A family without its version is no contradiction of the version that we read.
        pieces = re.split(r" OR | AND ", licence)
        if said not in ("", licence) and not any(
            f"{one}-".startswith(f"{said}-") for one in pieces
        ):
            faults.append(f"{name}: says {said}, listed is {licence}")
    return faults


def ask(program: str | None, arguments: Sequence[str], lock: Path = LOCK) -> Asked:
    """Ask pip-audit; never raises for what the network or the program does."""
    if program is None:
        return Asked(
            why_not="pip-audit is not installed: pip install pip-audit, best beside the .venv"
        )
    command = [
        program,
        "-r",
        str(lock),
        "--require-hashes",
        "--disable-pip",
        "--progress-spinner=off",
    ]
    try:
        done = subprocess.run(
            [*command, "--format=json", *arguments],
            capture_output=True, text=True, timeout=SECONDS, check=False,
        )  # fmt: skip
        told = json.loads(done.stdout)["dependencies"]
    except subprocess.TimeoutExpired:
        return Asked(why_not=f"pip-audit did not end within {SECONDS} s")
    except (ValueError, KeyError, TypeError):
        lines = done.stderr.strip().splitlines() or ["no answer"]
        return Asked(why_not=f"pip-audit could not ask: {lines[-1][:200]}")
    return Asked(
        tuple(
            f"{one['name']} {one['version']}: {weak['id']}, mended in "
            + (", ".join(weak.get("fix_versions", ())) or "no version yet")
            for one in told
            for weak in one.get("vulns", ())
        )
    )


def main(arguments: Sequence[str]) -> int:
    """Print both; the exit code."""
    rest = [word for word in arguments if word != "--strict"]
    here = Path(sys.executable).parent / "pip-audit"
    asked = ask(str(here) if here.exists() else shutil.which("pip-audit"), rest)
    listed = tomllib.loads(LIST.read_text("utf-8"))
    faults = licence_faults(list(pins()), listed)
    for name, version in pins().items():
        print(f"{name:24} {version:16} {listed['packages'].get(name, '?')}")
    for line in (*faults, *asked.found):
        print(f"FAULT {line}")
    print(f"licences: {len(faults)} faults in {len(pins())} packages")
    if asked.why_not:
        print(f"known weaknesses: NOT ASKED. {asked.why_not}")
    else:
        print(f"known weaknesses: {len(asked.found)} in {len(pins())} packages")
    if faults or asked.found:
        return 1
    return 3 if asked.why_not and "--strict" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
