"""Pages on which people read what is open to them."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.services.accounts import house_account
from accounts.signed_in import LearnerRequest, signed_in
from promotions import markdown
from promotions.services.contents import readable_by


@signed_in
@never_cache
@require_safe
def contents(request: LearnerRequest) -> HttpResponse:
    """What the person may read now."""
    return render(request, "promotions/contents.html", {"contents": readable_by(house_account(request.user))})


@signed_in
@never_cache
@require_safe
def article(request: LearnerRequest, content_id: UUID) -> HttpResponse:
    """One article. What is not open to the person is not there for them."""
    content = get_object_or_404(readable_by(house_account(request.user)), pk=content_id)
    return render(request, "promotions/content.html", {"content": content, "html": markdown.as_html(content.text)})
