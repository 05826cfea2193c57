"""From labelled mail to a model: folds, weights, probabilities, bounds."""
