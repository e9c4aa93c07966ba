from django.urls import path

from . import views

urlpatterns = [
    path("", views.feedback, name="feedback"),
    path("receipt/", views.receipt, name="feedback-receipt"),
    path("answer/", views.answer, name="feedback-answer"),
]
