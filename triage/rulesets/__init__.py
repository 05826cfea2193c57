"""Rule sets of admins: written, tried, in force, taken back."""
