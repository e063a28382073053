"""Addresses of the pages about courses."""

from django.urls import path

from profiles import views

app_name = "profiles"

urlpatterns = [
    path("", views.catalogue, name="catalogue"),
    path("<int:pk>/", views.course, name="course"),
    path("<int:pk>/opinions/", views.opinions, name="opinions"),
    path("<int:pk>/cover.svg", views.cover, name="cover"),
]
