"""The parts of the Models page, and the menus of models."""
