"""Tables that people bring: lines, cells, manifests, metadata, interactions, columns of vectors."""
