"""What a clerk sees of an item, and what stands behind his deeds on it (triage/work.py)."""
