"""Exercise 1_1: five ways in which a RAG system goes wrong without a word. A module a task."""
