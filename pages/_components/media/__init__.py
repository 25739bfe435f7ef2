"""Cards, previews and maps of items and their media."""
