"""Labelled mail, read and checked line by line."""
