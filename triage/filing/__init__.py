"""Station 4, filed: mail moves to its folder, proven or kept in doubt."""
