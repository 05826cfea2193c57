"""The trail: written with the deed, sealed in a chain, read by pages and as a feed.

Nothing of a mail stands in it, and no entry is ever changed.
"""
