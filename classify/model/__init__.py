"""A model as a value and as a file."""
