"""Checks of exercise 2_2: four sums behind the nine jobs. A module a task."""
