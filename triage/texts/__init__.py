"""Approved texts on their way from draft to retirement."""
