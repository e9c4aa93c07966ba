from django.urls import path

from . import data

app_name = "data"

urlpatterns = [
    path("", data.index, name="index"),
    path("<number:pk>/", data.indicator, name="indicator"),
    path("<number:pk>/page/<number:number>/", data.indicator, name="indicator-page"),
    path("<slug:dataset>.csv", data.as_csv, name="csv"),
    path("<slug:dataset>.json", data.as_json, name="json"),
    path("<slug:dataset>.csv-metadata.json", data.csv_metadata, name="csv-metadata"),
]
