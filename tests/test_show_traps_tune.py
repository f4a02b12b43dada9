"""What notebooks 5.1b and 5.1c show: widgets by their numbers, figures by what they print."""

import pytest

from companion.show import fault_curves, reading_slider, size_lines, teacher_slider, temperature_lines, trial_steps
from companion.show.suspects import Pile, ReadingSlider, pile_of
from companion.show.teachers import TeacherSlider, dials


def pile() -> Pile:
    return Pile(("a <b>", "b", "c", "d"), ("x_y", "x", "y", "y"), (True, True, False, False), flagged=2)


def test_a_pile_is_read_from_the_top():
    assert pile().met(1) == 1 and pile().met(4) == 2 and pile().by_chance(2) == 1

    class File:
        texts, labels, wrong = ["a", "b", "c"], ["x", "x", "y"], [False, True, False]

    assert pile_of(File, [0.1, 0.2, 0.9], [True, True, False]).texts == ("b", "a", "c")


def test_the_reading_slider_says_what_it_draws(capsys):
    slider = ReadingSlider(pile())
    assert "4 of 4 letters read: 2 of 2 wrong labels met" in slider.page.value
    slider.read.value = 2
    assert 'role="status"' in slider.page.value and "any order, 1 would have been" in slider.page.value
    slider.read.value = 0
    assert "0 of 2 wrong labels met" in slider.page.value
    reading_slider(pile())
    assert "<b>" not in slider.page.value and "There are 2 suspects, with 2" in capsys.readouterr().out
    with pytest.raises(ValueError, match="empty"):
        reading_slider(Pile((), (), (), 0))


def test_trials_are_drawn_with_what_was_best(capsys):
    trials = [{"value": v, "beside": {"test": t}} for v, t in ((0.7, 0.8), (0.75, 0.7), (0.75, 0.9))]
    trial_steps(trials)
    said = capsys.readouterr().out
    assert "Trial 2 of 3 is best on validation, with 0.750; test 0.700" in said and "first trial" in said


def test_runs_are_drawn_with_their_last_losses(capsys):
    moments = [{"step": s, "train": v, "test": v + 1, "test right": 0.5} for s, v in ((0, 2.0), (10, 0.5), (20, 0.7))]
    fault_curves({"A": {"moments": moments, "recall": [0.9, 0.4]}, "B": {"moments": moments, "recall": [0.9, 0.9]}})
    said = capsys.readouterr().out
    assert "A: loss 1.70, recall 0.40" in said and "1.500" in said


def teachers():
    gauges = {"right": 0.8, "calibration": 0.2, "doubt": 0.1, "validation": 0.7, "test": 0.75, "followed": 0.9}
    for name, T in (("sorter", 1.0), ("sorter", 3.0), ("weak", 3.0)):
        for seed in (0, 1):
            yield {"part": "teacher", "teacher": name, "T": T, "seed": seed} | gauges
    for width, longer in ((8, 1), (8, 3)):
        yield {"part": "size", "width": width, "longer": longer, "seed": 0, "test": 0.5, "followed": 0.6}


def test_the_dials_of_a_teacher(capsys):
    row = next(teachers())
    assert [dial.zone for dial in dials(row)] == ["green", "red", "red"]
    assert dials(row, before=row | {"right": 0.3})[0].before == 0.3
    slider = TeacherSlider(list(teachers()))
    slider.at.value = 1
    assert "sorter at T = 1" in slider.page.value and "0.700 of the validation" in slider.page.value
    teacher_slider(list(teachers()))
    assert "calibration error 0.20" in capsys.readouterr().out
    with pytest.raises(ValueError, match="No teacher"):
        teacher_slider([])


def test_students_are_drawn_by_temperature_and_by_width(capsys):
    table = list(teachers())
    temperature_lines(table)
    assert "sorter: T = 1 0.750, T = 3 0.750" in capsys.readouterr().out
    size_lines(table, [(64, 1), (8, 1), (8, 3)])
    assert "8 wide, 3 × the steps: follows 0.60, right 0.50" in capsys.readouterr().out
