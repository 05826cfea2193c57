"""Approved texts as values: filled, compared, linted."""
