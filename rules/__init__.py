"""What the house knows and decides: values in, values out; no I/O, no clock, no environment."""
