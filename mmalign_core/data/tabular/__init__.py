"""Tables of items: lines, rows, metadata, and vectors in cells."""
