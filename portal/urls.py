"""The URL configuration of the site."""

from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from honors import feeds as honors_feeds
from news import feeds as news_feeds
from news import views as news
from portal.library import views as library
from portal.search.views import search

from . import sitemaps, views

handler404 = "portal.views.not_found"
handler500 = "portal.views.server_error"

#: URL patterns of the public pages, which exist in Chinese, and in English below ``/en/``.
pages: list[URLPattern | URLResolver] = [
    path("", views.home, name="home"),
    path("news/", include("news.urls")),
    path("topics/<slug:slug>/", news.topic, name="topic"),
    path("honors/", include("honors.urls")),
    path("court/", include("portal.court.urls")),
    path("data/", include("portal.court.data_urls")),
    path("corrections/", views.corrections, name="corrections"),
    path("feedback/", include("portal.letters.urls")),
    path("search/", search, name="search"),
    path("site-map/", sitemaps.site_map, name="site-map"),
    path("feeds/news.atom", news_feeds.atom, name="news-atom"),
    path("feeds/news.rss", news_feeds.rss, name="news-rss"),
    path("feeds/news.json", news_feeds.json, name="news-json"),
    path("feeds/honors.atom", honors_feeds.atom, name="honors-atom"),
    path("feeds/<slug:slug>.atom", news_feeds.column, name="column-atom"),
]

urlpatterns = [
    *i18n_patterns(*pages, prefix_default_language=False),
    path("sitemap.xml", sitemaps.sitemap, name="sitemap"),
    path("sitemap-<number:number>.xml", sitemaps.sitemap_part, name="sitemap-part"),
    path("robots.txt", sitemaps.robots, name="robots"),
    path("favicon.ico", views.icon, name="icon"),
    path("media/<path:name>", library.public_media, name="public-media"),
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("admin/choosing/", include("portal.publishing.urls")),
    path("admin/proposals/", include("portal.publishing.proposal_urls")),
    path("admin/library-files/", include("portal.library.urls")),
    path("admin/understand/", include("portal.source_values.urls")),
    path("admin/", admin.site.urls),
]
