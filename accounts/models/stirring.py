"""Marks on accounts of which something changed that others draw conclusions from."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _


class Stirring(models.Model):
    """A mark: something changed of these accounts. It is written with the change itself and removed by who looked.

    Marks are only ever added and removed, and no key of theirs is shared, so that writers never wait for one another;
    one row for all accounts of a change is written as quickly as for one. They are plain numbers: a mark may outlive
    its accounts.

    is_later: what can be concluded at once was concluded; what takes longer is still to be looked at.
    """

    account_ids = ArrayField(models.BigIntegerField(), verbose_name=_("accounts"))
    is_later = models.BooleanField(_("to be looked at once more"), db_default=False)

    class Meta:
        verbose_name = _("mark on accounts")
        verbose_name_plural = _("marks on accounts")

    def __str__(self) -> str:
        return ", ".join(str(account_id) for account_id in self.account_ids)
