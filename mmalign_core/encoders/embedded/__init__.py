"""Encoders whose weights come from packages: they work offline."""
