"""The tables, one file for each part of the house; `store` gathers them."""
