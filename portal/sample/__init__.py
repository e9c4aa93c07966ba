"""The sample portal: columns, articles, honours and figures of a court, from one newspaper page.

The data files of this package contain the content. The module ``loader`` creates the objects with
the real workflow actions, which it runs as the demo accounts.
"""
