"""The Similarity page: pairs side by side, and why they are near."""
