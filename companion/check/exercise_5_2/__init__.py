"""Checks of exercise 5_2: a refusal's score, a limit and its price, recall without labels, a drift that hides."""
