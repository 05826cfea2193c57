"""`python -m triage` is the command `postlotse`."""

from triage.cli import main

main()
