"""The recommenders, one per file. The registry finds them."""
