from django.urls import path

from . import views

app_name = "honors"

urlpatterns = [
    path("", views.wall, name="wall"),
    path("level/<slug:level>/", views.level, name="level"),
    path("level/<slug:level>/page/<number:number>/", views.level, name="level-page"),
    path("year/undated/", views.undated, name="undated"),
    path("year/undated/page/<number:number>/", views.undated, name="undated-page"),
    path("year/<number:year>/", views.year, name="year"),
    path("year/<number:year>/page/<number:number>/", views.year, name="year-page"),
    path("<number:pk>/", views.honor, name="honor"),
]
