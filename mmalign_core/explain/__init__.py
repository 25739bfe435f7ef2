"""Explanations: the share of each part of a medium in a score, their faithfulness, and counterfactuals."""
