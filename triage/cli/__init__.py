"""The command `postlotse`: one file a group of commands."""
