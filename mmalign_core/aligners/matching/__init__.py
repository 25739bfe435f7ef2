"""The matching family: similarity of given features, without training."""
