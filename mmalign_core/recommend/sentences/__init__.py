"""Recommendations in words: facts, the plain sentence made of them, and whether a sentence says more than they hold."""
