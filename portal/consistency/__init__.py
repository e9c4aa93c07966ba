"""Consistency checks of related numbers. This package imports no other app and has no models."""
