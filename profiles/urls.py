"""Addresses of the pages about courses."""

from django.urls import path

from profiles import views

app_name = "profiles"

urlpatterns = [
    path("courses/", views.catalogue, name="catalogue"),
    path("courses/<int:pk>/", views.course, name="course"),
    path("courses/<int:pk>/opinions/", views.opinions, name="opinions"),
    path("courses/<int:pk>/cover.svg", views.cover, name="cover"),
]
