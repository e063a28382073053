"""The mathematics of experiments: splitting, estimating, and looking at results at any time. No Django here."""
