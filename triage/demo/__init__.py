"""The whole way on one machine, with made mails."""
