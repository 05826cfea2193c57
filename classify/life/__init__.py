"""The life of a model: candidate, card, gate, shelf, shadow (own decision 0029)."""
