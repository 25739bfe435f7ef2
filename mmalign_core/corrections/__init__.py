"""Hubness corrections: biases that take away what makes some candidates everybody's neighbour."""
