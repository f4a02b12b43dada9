"""Exercise 1_3: five ways in which a student learns the wrong thing, or nothing, without a word. A module a task."""
