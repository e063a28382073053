"""Personal offers: who may get one on what, what offers do, and which to make."""
