"""Choices for users: registered methods, the models on this machine, and encoder references from typed words."""
