"""What can be done."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class EventType(models.TextChoices):
    """What can be done."""

    VIEW = "view", _("viewed")
    CLICK = "click", _("clicked")
    SEARCH = "search", _("searched")
    LIKE = "like", _("liked")
    SHARE = "share", _("shared")
    COMMENT = "comment", _("commented")
    RATING = "rating", _("rated")
    PURCHASE = "purchase", _("bought")
    REFUND = "refund", _("returned")
    COMPLETE = "complete", _("completed")
    IMPRESSION = "impression", _("was shown")
