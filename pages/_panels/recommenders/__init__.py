"""The parts of the Recommenders page."""
