"""The Recommend page: the question, the answer, and its reasons."""
