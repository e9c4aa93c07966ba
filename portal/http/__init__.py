"""Helpers for requests and responses of all apps: media types, and numbers in parameters."""
