"""Acts on postboxes, ours and people's: moves, marks, drafts, copies of what was sent.

Ours are wished for in the deed's commit and carried out later under the lease of the postbox; the
wish is durable before the command, the proof after it.
"""
