"""Benchmarks, run by ``make bench``. docs/performance.md describes the measurements and their
results.
"""
