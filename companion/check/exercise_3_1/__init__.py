"""Checks of exercise 3_1: one module a task."""
