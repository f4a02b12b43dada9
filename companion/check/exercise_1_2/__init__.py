"""Checks of exercise 1_2: five ways in which fine-tuning goes wrong without a word. A module a task."""
