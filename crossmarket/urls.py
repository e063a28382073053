"""All addresses: the rooms' pages and APIs under one roof."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

from crossmarket import health
from crossmarket.foundation import problems

# One door for all: the admin asks for the same password, second factor and patience as the site.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

urlpatterns = [
    # First, for addresses are tried in this order and these are asked for most.
    path("api/v1/", include("crossmarket.api_urls")),
    path("", include("recommend.urls")),
    path("courses/", include("profiles.urls")),
    path("me/profile/", include("profiles.own_urls")),
    path("me/data/", include("crossmarket.rights.urls")),
    path("", include("promotions.urls")),
    path("", include("campaigns.urls")),
    path("me/", include("accounts.urls")),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
    path("i18n/", include("django.conf.urls.i18n")),
    path("healthz", health.live),
    path("readyz", health.ready),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", SpectacularSwaggerView.as_view(url_name="schema"), name="docs"),
    re_path(r"^api/", problems.not_found),
]

handler400 = "crossmarket.errors.bad_request"
handler404 = "crossmarket.errors.not_found"
handler500 = "crossmarket.errors.server_error"
