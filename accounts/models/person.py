"""One human across platforms."""

import uuid

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Person(models.Model):
    """A human, who owns no data here but linked accounts: joining and separating only re-points these.

    A person who has lost all accounts to another is not kept. Separated again, an account is the same person as
    before: see `LinkedAccount.home`.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("persons")

    def __str__(self) -> str:
        return str(self.id)[:8]
