"""What must be right on this machine, tried once."""
