"""Checks of exercise 3_2: four ways in which a router costs money without a word. A module a task."""
