"""How what is due leaves: whose turn it is, and what is known to have left."""
