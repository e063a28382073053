"""Cleaning: which events nothing should be learned from, and what stands for values that are missing.

Events stay as they came; `Event.objects.cleaned()` is the view of them that these steps make.
"""
