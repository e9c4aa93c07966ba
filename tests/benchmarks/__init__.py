"""The benchmarks: ``make bench``. What they measure and how to read it: docs/performance.md."""
