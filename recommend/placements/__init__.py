"""Placements: by which rules the list of a slot is made."""
