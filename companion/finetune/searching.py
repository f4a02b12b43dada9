"""A search for settings with optuna: what may be tried, what is maximised, and trials that are kept as plain JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from companion.probe import DEFAULT, Setting

if TYPE_CHECKING:
    import optuna

TRIALS, RANDOM_FIRST = 24, 8  # the first are drawn blindly, the others where good ones were (TPE)
Scores = Mapping[str, float]


def suggest(trial: optuna.Trial) -> Setting:
    """One setting out of what may be tried; rates and decays on a logarithmic scale, for their size is what counts."""
    return Setting(
        rate=trial.suggest_float("rate", 5e-3, 0.5, log=True),
        steps=trial.suggest_int("steps", 50, 600, step=10),
        decay=trial.suggest_float("decay", 1e-3, 1.0, log=True),
        smoothing=trial.suggest_float("smoothing", 0.0, 0.3),
    )


def new_study(seed: int = 0) -> optuna.Study:
    """An empty study that looks for the largest score. Optuna's own messages are turned off."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    sampler = optuna.samplers.TPESampler(seed=seed, n_startup_trials=RANDOM_FIRST)
    return optuna.create_study(direction="maximize", sampler=sampler)


def objective(score: Callable[[Setting], Scores]) -> Callable[[optuna.Trial], float]:
    """What optuna calls: it gives back score["validation"]; all else is written down beside the trial, unread.

    The trap: whatever is maximised is used up. A test score that chose the setting is a test score no more.
    """

    def run(trial: optuna.Trial) -> float:
        scores = dict(score(suggest(trial)))
        for name, value in scores.items():
            if name != "validation":
                trial.set_user_attr(name, value)
        return scores["validation"]

    return run


def search(score: Callable[[Setting], Scores], trials: int = TRIALS, seed: int = 0) -> optuna.Study:
    """The default setting first, so that the search cannot end below it on validation; then `trials` - 1 others."""
    study = new_study(seed)
    study.enqueue_trial({**DEFAULT.named(), "decay": 1e-3})  # a logarithmic scale has no nought
    study.optimize(objective(score), n_trials=trials)
    return study


def told(study: optuna.Study) -> list[dict[str, Any]]:
    """The finished trials as plain values that JSON can hold; ranges as optuna writes them."""
    from optuna.distributions import distribution_to_json

    return [
        {
            "params": trial.params,
            "value": trial.value,
            "beside": trial.user_attrs,
            "ranges": {name: json.loads(distribution_to_json(d)) for name, d in trial.distributions.items()},
        }
        for trial in study.get_trials(states=None)
        if trial.value is not None
    ]


def retold(trials: Sequence[Mapping[str, Any]], seed: int = 0) -> optuna.Study:
    """A study that knows these trials as its own, and can go on from them."""
    from optuna.distributions import json_to_distribution
    from optuna.trial import create_trial

    study = new_study(seed)
    for trial in trials:
        ranges = {name: json_to_distribution(json.dumps(d)) for name, d in trial["ranges"].items()}
        made = create_trial(
            params=trial["params"], distributions=ranges, value=trial["value"], user_attrs=trial["beside"]
        )
        study.add_trial(made)
    return study


def setting_of(params: Mapping[str, float]) -> Setting:
    """The setting of a trial's parameters."""
    return Setting(**params)
