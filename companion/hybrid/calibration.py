"""Calibration as the router uses it. It lives on the ground floor, for a student's teacher needs it too."""

from companion.calibration import calibration_error, fit_temperature, log_loss, softmax

__all__ = ["calibration_error", "fit_temperature", "log_loss", "softmax"]
