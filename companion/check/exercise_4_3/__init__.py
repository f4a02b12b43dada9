"""Exercise 4_3: four ways in which a student at the frontier learns less, or seems to know more. A module a task."""
