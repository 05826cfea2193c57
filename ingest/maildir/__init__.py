"""Postboxes that are Maildirs on this machine."""
