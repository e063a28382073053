"""Marks on accounts of which something changed that others draw conclusions from."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Stirring(models.Model):
    """A mark: something changed of this account. It is written with the change itself and removed by who looked at it.

    Marks are only ever added and removed, and no key of theirs is shared, so that writers never wait for one another.
    The account is a plain number: a mark may outlive it.
    """

    account_id = models.BigIntegerField(_("account"))

    class Meta:
        verbose_name = _("mark on an account")
        verbose_name_plural = _("marks on accounts")

    def __str__(self) -> str:
        return str(self.account_id)
