"""The parts of the Shared space page."""
