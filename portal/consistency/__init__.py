"""Checks of numbers against each other. This package imports no other app and has no models."""
