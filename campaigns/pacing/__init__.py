"""How often people can be written to without wearing them out: caps, quiet hours and fatigue. Knows no Django."""
