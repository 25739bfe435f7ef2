"""Export of an answer as one HTML file."""
