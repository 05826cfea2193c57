"""What the house notices of itself, what it advises to do, and whom it tells."""
