"""Training mail out of what people said: corrections, and folders and marks as they lie."""
