"""Checks of exercise 4_2: bytes that nobody counted, an outlier, gradients that cancel, a spring tied to nothing."""
