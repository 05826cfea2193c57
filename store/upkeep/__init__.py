"""What an operator does to the whole memory: migrate, back up, seal anew, rename a postbox."""
