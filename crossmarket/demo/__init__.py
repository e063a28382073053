"""A demo world made by code: courses, people with planted tastes, and what the people did on three platforms."""
