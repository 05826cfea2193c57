"""Answers: drafted, ordered, sent, come back."""
