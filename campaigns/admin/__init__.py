"""The marketer's desk of campaigns."""

from campaigns.admin import campaigns as campaigns
from campaigns.admin import messages as messages
from campaigns.admin import taking_part as taking_part
