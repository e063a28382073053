"""What happens here when somebody has shown that an address is theirs."""

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from django.http import HttpRequest

from accounts.services import house_contacts


class AccountAdapter(DefaultAccountAdapter):
    """django-allauth's own ways, and the contact of the account on our pages kept up to date."""

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        """Note the address, so that accounts elsewhere with the same one are found."""
        is_confirmed: bool = super().confirm_email(request, email_address)
        if is_confirmed:
            house_contacts.refresh(email_address.user)
        return is_confirmed
