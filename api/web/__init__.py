"""The desk: server-rendered German pages on the same calls as the API. Start at pages.py."""
