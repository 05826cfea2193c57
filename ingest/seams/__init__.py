"""A text cut at its seams: what is new, an earlier mail, a signature, or a disclaimer."""
