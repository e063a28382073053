"""Trying things out, and learning from what was tried: a bandit over sources, and the judging of other policies.

Knows no web framework. The product's side of it is `recommend/serving/exploring.py` and `recommend/exploring/`.
"""
