"""Explanations: the parts of a medium that make a score, their faithfulness, and counterfactuals."""
