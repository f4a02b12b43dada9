"""Checks of exercise 5_1, one module a task: whose fault it is, a defence to beat."""
