"""Checks of exercise 4_1: four faults in training searchers. A module a task."""
