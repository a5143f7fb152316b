"""Accuracy Mirage: why a Keras model with high accuracy predicts poorly, measured over many seeds."""
