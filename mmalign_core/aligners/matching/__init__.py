"""The matching family: similarity of given features, nothing is trained."""
