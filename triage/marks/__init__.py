"""Marks on mail in Outlook: ours written, people's followed."""
