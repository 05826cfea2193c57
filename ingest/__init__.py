"""From a postbox to a parsed mail: drivers of the postboxes, and everything that reads strangers' bytes."""
