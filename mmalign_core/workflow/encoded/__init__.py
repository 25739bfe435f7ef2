"""Media of a collection as vectors: made now, stored before, or recommended as they are."""
