"""What the linear aligners share, and where trained ones start: centred maps, whitening, canonical directions."""
