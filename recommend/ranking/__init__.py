"""The second stage: putting what was found in order, by person, course and circumstances. Knows no web framework."""
