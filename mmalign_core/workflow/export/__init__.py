"""Use case of export: an answer as one HTML file."""
