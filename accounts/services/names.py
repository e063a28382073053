"""What people want to be called."""

from django.db import transaction

from accounts.models import LinkedAccount, User
from accounts.services import stirring
from accounts.services.accounts import house_account


@transaction.atomic
def rename(user: User, name: str) -> None:
    """Call a user by this name from now on, also beside their comments; an empty one means no name."""
    user.name = name
    user.save(update_fields=["name"])
    account = LinkedAccount.objects.select_for_update(no_key=True).get(pk=house_account(user).pk)
    account.traits = {**account.traits, "nickname": name}
    account.save(update_fields=["traits"])
    stirring.stir([account.pk])
