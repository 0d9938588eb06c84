"""Benchmarks, each beside a reference that runs in the same minute on the same machine."""
