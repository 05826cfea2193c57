"""Folder permissions: read, compared, planned, set right, signed off."""
