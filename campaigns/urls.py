"""The pages of campaigns."""

from django.urls import path

from campaigns import message_views, views

app_name = "campaigns"

urlpatterns = [
    path("campaigns/", views.campaigns, name="campaigns"),
    path("campaigns/<uuid:campaign_id>/", views.campaign, name="campaign"),
    path("campaigns/<uuid:campaign_id>/check-in/", views.check_in, name="check-in"),
    path("campaigns/<uuid:campaign_id>/make-up/", views.make_up, name="make-up"),
    path("campaigns/<uuid:campaign_id>/leaderboard/", views.leaderboard, name="leaderboard"),
    path("campaigns/<uuid:campaign_id>/draw/", views.draw, name="draw"),
    path("campaigns/<uuid:campaign_id>/prizes/<int:number>/", views.parcel, name="parcel"),
    path("campaigns/<uuid:campaign_id>/proof", views.proof, name="proof"),
    path("campaigns/<uuid:campaign_id>/verify/", views.verify, name="verify"),
    path("me/messages/", message_views.inbox, name="messages"),
    path("me/messages/<uuid:message_id>/dismiss/", message_views.dismiss, name="dismiss"),
    path("me/messages/kinds/<str:kind>/", message_views.choose, name="choose-messages"),
    path("messages/out/<str:told>/", message_views.unsubscribe, name="unsubscribe"),
]
