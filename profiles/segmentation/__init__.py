"""Segments: the language of their rules, who belongs to them, and keeping that right at every moment."""
