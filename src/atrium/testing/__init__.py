"""The public test kit: contract suites, clocks and a kernel for tests."""
