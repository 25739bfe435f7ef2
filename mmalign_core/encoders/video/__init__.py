"""Videos by the encoders of pictures and sounds."""
