"""Addresses of the pages on which people fetch and erase what is held about them."""

from django.urls import path

from crossmarket.rights import views

app_name = "rights"

urlpatterns = [
    path("", views.mine, name="mine"),
    path("export/", views.export, name="export"),
    path("export/<uuid:pk>/", views.download, name="download"),
    path("erase/", views.erase, name="erase"),
    path("receipts/<uuid:pk>/", views.receipt, name="receipt"),
]
