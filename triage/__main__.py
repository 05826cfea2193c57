"""`python -m triage` is the command `postlotse`."""

from triage.cli.app import main

main()
