"""Checks of exercise 6_0: one module a task."""
