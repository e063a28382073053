"""Why to come back: check-in, lottery, exclusive activities and outreach."""
