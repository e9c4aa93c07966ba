"""The sample portal: a court's columns, articles and pictures, made from one newspaper page.

The files beside this one hold the content; ``loader`` puts it in place through the real verbs, as
the demo accounts would.
"""
