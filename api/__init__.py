"""The doors: automation, clerks, admins over HTTP, and the server-rendered desk beside them."""
