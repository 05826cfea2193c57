"""The end of a mail: what is held back, plans, tombstones, copies outside, the read-back.

What goes, goes by an ordered plan, and is looked for afterwards.
"""
