"""Benchmarks of the portal, which ``make bench`` runs.

docs/performance.md describes the measurements and their results.
"""
