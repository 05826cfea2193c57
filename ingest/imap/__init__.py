"""Postboxes by IMAP."""
