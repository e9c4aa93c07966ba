"""Dates, quantities and ranks: each is the text that a source prints, together with its meaning.

Pages display the printed text and sort by the meaning. A text whose meaning cannot be stated
exactly is stored as printed and marked as not understood: a wrong meaning is worse than none.
"""
