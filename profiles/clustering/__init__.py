"""Groups of people who are alike, found without being told what to look for; no web framework."""
