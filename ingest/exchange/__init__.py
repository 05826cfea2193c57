"""Postboxes by Exchange Web Services."""
