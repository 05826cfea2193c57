"""Where each mail lies in its postbox, and how the ledger follows people and servers.

A place belongs to the message whose bytes lay there first. A mail that moved is found by its
content, whatever number its server gave it.
"""
