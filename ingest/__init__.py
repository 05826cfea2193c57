"""From a postbox to a parsed mail: drivers, and everything that reads strangers' bytes."""
