"""Mails as the house keeps them: original, ledger row, arrival, verdicts, what lies aside.

Each mail has one row and ends in one state; bytes, row, arrival and place are one commit.
"""
