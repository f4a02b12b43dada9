"""What notebooks 4.2a and 4.2b show: widgets by their numbers, figures by what they print."""

import pytest
import torch
from torch import nn

from companion.finetune.ewc_measure import METHODS
from companion.finetune.quantize import bits_per_weight, relative_error, round_trip
from companion.show import bits, error_by_block, memory_bars, nudge, strength_curve, task_matrices
from companion.show.bits import BitsSlider, bits_slider
from companion.show.nudge import Nudged, NudgeSlider, nudge_slider, nudged


@pytest.fixture(scope="module")
def weight():
    return torch.randn(64, 128, generator=torch.Generator().manual_seed(0)) / 20


def test_the_stored_matrix_is_counted(weight):
    now = bits.stored(weight, "NF4", 64, True)
    assert now.bits == bits_per_weight(64, True) and sum(now.shares) == pytest.approx(1, abs=1e-2)
    assert now.error == pytest.approx(relative_error(weight, round_trip(weight, 64)))
    assert len(bits.stored(weight, "int4", 64, True).shares) == 15


def test_the_bits_slider_says_what_it_draws(weight, capsys):
    slider = BitsSlider(weight)
    assert "4.127" in slider.page.value and 'role="status"' in slider.page.value
    slider.double.value, slider.block.value = False, 4096
    assert "4.008" in slider.page.value and "blocks of 4096" in slider.page.value
    bits_slider(weight)
    assert "A weight takes 4.127 bits" in capsys.readouterr().out
    with pytest.raises(ValueError, match="fewer than one block"):
        bits_slider(weight[:2])


def test_the_error_grows_with_the_block_and_even_steps_lose_more(weight, capsys):
    error_by_block([weight], (64, 1024))
    said = capsys.readouterr().out.splitlines()
    small, large = ([float(cell) for cell in line.split()[1:]] for line in said[-2:])
    assert small[1] < large[1] and small[2] > small[1] and small[0] == 4.5


def test_memory_is_drawn_with_what_is_left_over(capsys):
    row = {"weights": 50.0, "gradients": 1.0, "averages": 2.0, "loaded": 60.0, "peak": 400.0, "step": 0.4}
    memory_bars({"LoRA": row, "QLoRA": {**row, "weights": 20.0, "peak": 370.0}})
    said = capsys.readouterr().out
    assert "QLoRA: weights 20, peak 370" in said and "0.400" in said and "all else, MB" in said and "347.000" in said


def test_a_nudge_is_drawn_beside_its_spring(capsys):
    one = Nudged("stiff <b>", 2.0, (-1.0, 0.0, 1.0), (0.9, 0.0, 1.1))
    slider = NudgeSlider([one, Nudged("loose", 0.0, (-1.0, 0.0, 1.0), (0.0, 0.0, 0.0))])
    assert (
        "the answers move by 1.100 nats; the spring says 1.000" in slider.page.value and "<b>" not in slider.page.value
    )
    slider.nudge.value = 1
    assert "0.000 nats" in slider.page.value
    nudge_slider([one])
    assert "stiffness 2" in capsys.readouterr().out
    with pytest.raises(ValueError, match="nudge all by the same"):
        nudge_slider([one, Nudged("other", 1.0, (0.0, 1.0), (0.0, 1.0))])


def test_three_weights_are_picked_and_put_back():
    torch.manual_seed(0)
    model, x = nn.Linear(10, 3), torch.randn(20, 10)
    from companion.finetune import fisher_diagonal

    before = model.weight.detach().clone()
    found = nudged(model, x, fisher_diagonal(model, [(x, torch.zeros(20, dtype=torch.long))]))
    assert [one.name for one in found] == list(nudge.PICKED) and torch.equal(before, model.weight)
    assert found[0].stiffness >= found[2].stiffness and found[0].moved[10] == 0


def runs():
    R = [[0.9, None, None], [0.8, 0.9, None], [0.7, 0.8, 0.9]]
    for method, strengths in {name: these for name, these in METHODS.items() if name != "joint"}.items():
        for strength in strengths:
            for seed in (0, 1):
                about = {"method": method, "strength": strength, "own_head": True, "seed": seed}
                yield about | {"test": R, "validation": R}
    yield {"method": "joint", "strength": 0.0, "own_head": True, "seed": 0, "test": [[0.8, 0.9, 1.0]]}


def test_matrices_and_the_curve_print_what_they_draw(capsys):
    table = list(runs())
    task_matrices(table, {"plain": ("plain", 0.0), "EWC": ("ewc", 1e4)}, own_head=True)
    assert "plain: at the end 0.70, 0.80, 0.90" in capsys.readouterr().out
    strength_curve(table)
    said = capsys.readouterr().out
    assert "EWC, 10000: forgets 0.15, ends at 0.80" in said and "LoRA a desk" in said
    assert "rate, 0.0002: forgets 0.15" in said  # plain training, a smaller rate in the place of a strength
    assert "all desks at once: 0.90" in said
