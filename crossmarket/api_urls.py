"""The addresses of the partner API, version 1. Ids may contain slashes, hence the `path` converters."""

from django.urls import path

from accounts import api as accounts
from profiles import api as profiles
from recommend import api as recommend

urlpatterns = [
    path("recommendations", recommend.Recommendations.as_view()),
    path("events", profiles.Events.as_view()),
    path("items", profiles.Items.as_view()),
    path("items/<path:item_id>/similar", recommend.Similar.as_view()),
    path("items/<path:item_id>", profiles.Item.as_view()),
    path("links", accounts.Links.as_view()),
    path("users", accounts.Users.as_view()),
    path("users/<path:user_id>/consents", accounts.Consents.as_view()),
    path("users/<path:user_id>/link-codes", accounts.LinkCodes.as_view()),
    path("users/<path:user_id>/links", accounts.UserLinks.as_view()),
]
