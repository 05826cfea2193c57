"""What is counted: the live overview, figures of a day, the proof that no mail is missing.

No person stands in a figure, and a closed day keeps its numbers when its mails are gone.
"""
