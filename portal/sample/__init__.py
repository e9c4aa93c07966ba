"""The sample portal: columns, articles, honours and figures of a court, from one newspaper page.

The data files of this package hold the content; ``loader`` creates it by the real workflow actions
of the demo accounts.
"""
