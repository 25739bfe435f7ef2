"""Media: references to files and texts, and the decoding of texts, pictures, sounds and videos within limits."""
