"""Dates, quantities and ranks: the text that a source prints together with its meaning.

A value is displayed as printed and sorted by its meaning. Text whose meaning cannot be stated
exactly is stored as printed and marked as not understood: a wrong meaning is worse than none.
"""
