"""The recommenders: one a file, found by the registry."""
