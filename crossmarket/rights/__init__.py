"""A person's rights: to have everything that is held about them, and to be erased, across all rooms."""
