"""`postlotse`, and `python -m triage`, which is the same."""

import signal


def main() -> None:
    """The command. Ctrl-C ends it with 130 and without a trace, also while modules are loaded."""
    before = signal.getsignal(signal.SIGINT)
    if before is signal.default_int_handler:
        # Python tells an interrupted import as a trace, or swallows the interrupt in its locks.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from triage.cli import app  # noqa: PLC0415 - loading takes as long as some commands

    signal.signal(signal.SIGINT, before)
    try:
        app.main()
    except KeyboardInterrupt:
        raise SystemExit(130) from None


if __name__ == "__main__":
    main()
