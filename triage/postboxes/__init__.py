"""Postboxes themselves: their names, and servers that want to hear nothing for long."""
