"""The address of the page about one's own profile."""

from django.urls import path

from profiles import own_views

app_name = "profile"

urlpatterns = [path("", own_views.my_profile, name="mine")]
