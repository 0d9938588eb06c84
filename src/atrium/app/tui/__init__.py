"""The full-screen terminal: the same sessions as on every other screen, by keyboard alone."""
