"""What the product learns from what it tried: the bandit's sums, and the judging of other ways to explore.

The mathematics is `recommend/exploration/`; trying things out while answering is `recommend/serving/exploring.py`.
"""
