"""Messages as e-mails, each with a way out that takes one click (RFC 8058)."""

import structlog
from django.conf import settings
from django.core import signing
from django.core.mail import EmailMessage
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts.models import LinkedAccount, User
from accounts.models.platform import HOUSE_SLUG
from campaigns.models import Message

logger = structlog.get_logger(__name__)

SALT = "campaigns.unsubscribe"


def address_of(account: LinkedAccount) -> str | None:
    """The address of somebody with a login of ours; platforms tell us no addresses."""
    if account.platform.slug != HOUSE_SLUG or not account.external_id.isdigit():
        return None
    return User.objects.filter(pk=int(account.external_id), is_active=True).values_list("email", flat=True).first()


def way_out(message: Message) -> str:
    """The path of the page on which the person unsubscribes from messages of this kind."""
    told = signing.dumps([message.account_id, message.kind], salt=SALT)
    return reverse("campaigns:unsubscribe", args=[told])


def read_way_out(told: str) -> tuple[int, str]:
    """Whose page it is, and of which kind of message. Raises `signing.BadSignature`."""
    account_id, kind = signing.loads(told, salt=SALT)
    return int(account_id), str(kind)


def send(message: Message) -> None:
    """Hand it to the mail server; one that does not take it is logged, and nobody is written to twice."""
    to = address_of(message.account)
    if to is None:
        return
    leave = settings.PUBLIC_URL + way_out(message)
    with override(message.account.platform.locale):
        goodbye = _("No more messages like this: %(url)s") % {"url": leave}
    text = "\n\n".join(filter(None, (message.body, message.url, goodbye)))
    mail = EmailMessage(
        message.subject.replace("\n", " "),
        text,
        to=[to],
        headers={"List-Unsubscribe": f"<{leave}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"},
    )
    try:
        mail.send()
    except OSError as error:
        logger.warning("message_not_mailed", message_id=str(message.pk), error=type(error).__name__)
