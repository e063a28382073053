"""The verbs of who; each changes the world in one transaction."""
