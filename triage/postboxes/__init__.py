"""Postboxes themselves: a worker's round in one, what wakes it, how far each may go, its name."""
