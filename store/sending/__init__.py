"""What is to reach somebody outside: answers, hand-overs and tasks as outgoing rows.

Ordered in the deed's commit, delivered later under one key, matched with its receipt.
"""
