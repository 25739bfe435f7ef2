"""The Align page: its form, and how well the modalities line up."""
