"""What the doors remember: keys, sessions, the scope of a caller, answers already given.

A secret is stored as its hash; a request that comes twice is answered once more and done once.
"""
