"""The model family: trained two-tower heads."""
