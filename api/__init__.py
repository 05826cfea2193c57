"""The doors: automation, clerks, admins over HTTP, and the server-rendered desk on the same calls."""
