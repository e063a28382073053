"""Addresses of the pages about oneself."""

from django.urls import path

from accounts import views

app_name = "accounts"

urlpatterns = [
    path("me/platforms/", views.platforms, name="platforms"),
    path("me/platforms/code/", views.make_code, name="make_code"),
    path("me/platforms/link/", views.enter_code, name="enter_code"),
    path("me/platforms/<int:pk>/leave/", views.leave, name="leave"),
    path("me/platforms/<int:pk>/consents/<slug:purpose>/", views.consent, name="consent"),
    path("me/platforms/<int:pk>/history/", views.history, name="history"),
    path("me/name/", views.name, name="name"),
]
