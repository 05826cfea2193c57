"""Folder permissions as values: lists, levels, findings, plans."""
