"""Forks workers: each child runs the command `postlotse work` in a session of its own.

Reads lines "configuration<TAB>log file", answers the number of the new process.
"""

import gc
import os
import sys

from classify import judge  # noqa: F401 - loaded here, once, for all children
from classify.model import file as modelfile  # noqa: F401 - loaded here, once, for all children
from ingest.imap import postbox as imap  # noqa: F401 - as above
from ingest.smtp import door as smtp_door  # noqa: F401 - as above
from tests.servers.nursery import fork_on_request
from triage.cli import app as cli


def child(config: str, log: str) -> None:
    """Become a worker; never returns."""
    os.setsid()
    told = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    nothing = os.open(os.devnull, os.O_RDWR)
    for number, source in ((0, nothing), (1, told), (2, told)):
        os.dup2(source, number)
    sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115 - the parent's is a pipe
    code = 1
    sys.argv = ["postlotse", "work", "-c", config]
    try:
        cli.main()
        code = 0
    except SystemExit as exc:
        code = int(exc.code or 0)
    finally:
        sys.stderr.flush()
        os._exit(code)


def main() -> None:
    """Until standard input ends."""
    gc.freeze()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    fork_on_request(child, look_seconds=0.2)


if __name__ == "__main__":
    main()
