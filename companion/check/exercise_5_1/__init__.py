"""Checks of exercise 5_1, one module a task: whose fault it is, leaked letters, a defence to beat, too small or not."""
