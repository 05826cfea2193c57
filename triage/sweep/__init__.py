"""Deletion: preview, order, run, proof."""
