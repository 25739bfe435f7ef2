"""Encoders whose weights come from Python packages, so that they work offline."""
