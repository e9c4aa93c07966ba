"""Consistency checks of related numbers, without models and without imports of other apps."""
