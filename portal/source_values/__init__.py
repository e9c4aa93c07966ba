"""What sources print - dates, quantities, ranks - kept as printed and as what it means.

A value shows as it was printed and sorts by its meaning. What can't be said exactly is kept as
printed and marked as not understood: a wrong meaning is worse than none.
"""
