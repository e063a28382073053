"""The mathematics of profiles: from columns of events to traits and vectors, without any web framework."""
