"""The parts of the Align page."""
