"""How good a model is: figures, curves, report."""
