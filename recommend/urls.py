"""Addresses of the pages that say what next."""

from django.urls import path

from recommend import views
from recommend.widget import widget

app_name = "recommend"

urlpatterns = [
    path("", views.home, name="home"),
    path("for-you/", views.for_you, name="for_you"),
    path("courses/<int:pk>/similar/", views.similar, name="similar"),
    path("widget/v1.js", widget, name="widget"),
]
