"""Addresses of the pages of coupons."""

from django.urls import path

from promotions import claim_link_views, content_views, gift_views, offer_pages, views

app_name = "promotions"

urlpatterns = [
    path("me/personal-offers/", offer_pages.choice, name="personal_offers"),
    path("offers/rules/", offer_pages.rules, name="offer_rules"),
    path("me/wallet/", views.wallet, name="wallet"),
    path("me/contents/", content_views.contents, name="contents"),
    path("me/contents/<uuid:content_id>/", content_views.article, name="content"),
    path("offers/", views.offers, name="offers"),
    path("offers/<uuid:batch_id>/claim/", views.claim, name="claim"),
    path("courses/<int:pk>/price/", views.price, name="price"),
    path("me/wallet/<int:coupon_id>/give/", gift_views.give, name="give"),
    path("c/<str:token>/", claim_link_views.claim_link, name="claim_link"),
    path("c/<str:token>/claim/", claim_link_views.claim_by_link, name="claim_by_link"),
    path("gift/<str:token>/", gift_views.gift, name="gift"),
    path("gift/<str:token>/accept/", gift_views.accept, name="accept"),
    path("gift/<str:token>/take-back/", gift_views.take_back, name="take_back"),
]
