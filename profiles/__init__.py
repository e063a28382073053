"""What we know: courses, events, their ingestion, and the live history of a person."""
