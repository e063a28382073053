"""Addresses of the pages of coupons."""

from django.urls import path

from promotions import views

app_name = "promotions"

urlpatterns = [
    path("me/wallet/", views.wallet, name="wallet"),
    path("offers/", views.offers, name="offers"),
    path("offers/<uuid:batch_id>/claim/", views.claim, name="claim"),
    path("courses/<int:pk>/price/", views.price, name="price"),
]
