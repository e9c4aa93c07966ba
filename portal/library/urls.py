from django.urls import path

from portal.library import views

app_name = "library"

urlpatterns = [
    path("upload/", views.upload, name="upload"),
    path("clean-pasted/", views.clean_pasted, name="clean-pasted"),
    path("browse/", views.browse, name="browse"),
    path("private/<path:signed>/", views.private_media, name="private"),
]
