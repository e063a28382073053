"""The page on which people see what is known of them."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.services.accounts import house_account
from accounts.signed_in import LearnerRequest, signed_in
from profiles.portrait_view import shown
from profiles.profiling.reading import portrait_of


@signed_in
@never_cache
@require_safe
def my_profile(request: LearnerRequest) -> HttpResponse:
    """What is known of the person who is signed in, from all accounts that they agreed to join."""
    portrait = portrait_of(house_account(request.user))
    return render(request, "profiles/my_profile.html", {"shown": shown(portrait) if portrait else None})
