"""Rule sets as values: read, checked, matched, never more than the law allows."""
