"""What encoders of texts share: usable texts, token limits, which tower reads them."""
