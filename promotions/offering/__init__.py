"""The mathematics of personal offers: how people answer discounts, what to offer under a budget, what it is worth."""
