"""The memory of folder permissions."""
