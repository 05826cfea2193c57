"""Items of the Eingangszonen: handed out, listed, changed by their holder, taken back.

One clerk an item, by a token that a lease gives; a stale one writes nothing.
"""
