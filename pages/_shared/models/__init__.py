"""The Models page, and the menus in which a model is chosen."""
