"""The steps of cleaning, in their order."""

from profiles.cleaning.duplicates import DUPLICATES
from profiles.cleaning.impossible_values import IMPOSSIBLE_VALUES
from profiles.cleaning.missing_values import PRICES_OF_PURCHASES, PRICES_OF_REFUNDS, WHOLE_COMPLETIONS
from profiles.cleaning.robots import ROBOTS

LEAVING_OUT = (IMPOSSIBLE_VALUES, DUPLICATES, ROBOTS)
"""Each sees what the ones before have left: of an impossible event nothing is a duplicate."""

FILLING_IN = (WHOLE_COMPLETIONS, PRICES_OF_PURCHASES, PRICES_OF_REFUNDS)

TITLES = {step.name: step.title for step in LEAVING_OUT}
"""What people read where a flag says which step left an event out."""
