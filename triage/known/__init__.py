"""Whether a message in a postbox is one that the house has: moved, renumbered, or come twice."""
