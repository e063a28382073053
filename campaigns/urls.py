"""The pages of campaigns."""

from django.urls import path

from campaigns import message_views

app_name = "campaigns"

urlpatterns = [
    path("me/messages/", message_views.inbox, name="messages"),
    path("me/messages/<uuid:message_id>/dismiss/", message_views.dismiss, name="dismiss"),
    path("me/messages/kinds/<str:kind>/", message_views.choose, name="choose-messages"),
    path("messages/out/<str:told>/", message_views.unsubscribe, name="unsubscribe"),
]
