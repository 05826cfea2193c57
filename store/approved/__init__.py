"""What one person writes and another approves: rule sets and texts, with their dry runs.

A version is never changed; which one counts on a day comes out again.
"""
