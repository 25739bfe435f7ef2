"""Explanations: where in a text, picture or sound a score comes from, how faithful that is, and what would undo it."""
