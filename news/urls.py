from django.urls import path

from . import views

app_name = "news"

urlpatterns = [
    path("", views.index, name="index"),
    path("<number:pk>/", views.article, name="article"),
    path("<slug:slug>/", views.column, name="column"),
    path("<slug:slug>/page/<number:number>/", views.column, name="column-page"),
]
