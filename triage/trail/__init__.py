"""The trail held against a file outside the database, restores in it, and its words for people."""
