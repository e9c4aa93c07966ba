from django.urls import path

from . import views

app_name = "honors"

urlpatterns = [
    path("", views.wall, name="wall"),
    path("level/<slug:level>/", views.level, name="level"),
    path("level/<slug:level>/page/<int:number>/", views.level, name="level-page"),
    path("year/undated/", views.undated, name="undated"),
    path("year/undated/page/<int:number>/", views.undated, name="undated-page"),
    path("year/<int:year>/", views.year, name="year"),
    path("year/<int:year>/page/<int:number>/", views.year, name="year-page"),
    path("<int:pk>/", views.honor, name="honor"),
]
