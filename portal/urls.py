"""Every address of the site, on one page."""

from django.contrib import admin
from django.urls import include, path

from news import views as news
from portal.library import views as library

from . import views

handler404 = "portal.views.not_found"
handler500 = "portal.views.server_error"

urlpatterns = [
    path("", views.home, name="home"),
    path("news/", include("news.urls")),
    path("topics/<slug:slug>/", news.topic, name="topic"),
    path("honors/", include("honors.urls")),
    path("court/", include("portal.court.urls")),
    path("data/", include("portal.court.data_urls")),
    path("corrections/", views.corrections, name="corrections"),
    path("media/<path:name>", library.public_media, name="public-media"),
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("admin/choosing/", include("portal.publishing.urls")),
    path("admin/library-files/", include("portal.library.urls")),
    path("admin/understand/", include("portal.printed.urls")),
    path("admin/", admin.site.urls),
]
