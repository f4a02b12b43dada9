"""Exercise 2_1: four ways to fill a cell of the matrix with a number that compares nothing. A module a task."""
