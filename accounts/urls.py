"""Addresses of the pages about oneself."""

from django.urls import path

from accounts import views

app_name = "accounts"

urlpatterns = [
    path("platforms/", views.platforms, name="platforms"),
    path("platforms/code/", views.make_code, name="make_code"),
    path("platforms/link/", views.enter_code, name="enter_code"),
    path("platforms/<int:pk>/leave/", views.leave, name="leave"),
    path("platforms/matches/<int:pk>/confirm/", views.confirm_match, name="confirm_match"),
    path("platforms/matches/<int:pk>/reject/", views.reject_match, name="reject_match"),
    path("platforms/<int:pk>/consents/<slug:purpose>/", views.consent, name="consent"),
    path("platforms/<int:pk>/history/", views.history, name="history"),
    path("name/", views.name, name="name"),
]
