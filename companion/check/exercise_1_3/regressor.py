"""What is trained has to be in the optimizer, once; the teacher has to be frozen."""

import copy
import warnings
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import nn

from companion.check.running import CheckFailed, call, fail, name_of, shown

RATE = 0.02
LEFT_OUT = (
    "It is not in the optimizer (a copy does not count): a gradient is computed for it, and nobody takes the step."
)
FROZEN = "No gradient reaches it: freeze the teacher only, and leave unfrozen what learns."
TEACHER_MOVES = (
    "The teacher is what the student is measured by: it must stay as it is. Freeze it: teacher.requires_grad_(False)."
)
BORROWED = (
    "The student uses the teacher's own embedding, which is among student.parameters(): freeze the teacher, or skip it."
)
TEACHER_GRADIENT = (
    "It did not move, but each backward pass computes gradients for it: time and memory for nothing. "
    "Freeze it: teacher.requires_grad_(False)."
)
TWICE = "The regressor is a part of the student here, so student.parameters() has it already: keep each parameter once."

BY_NUMBERS = (
    "`p in a_list` compares the *numbers* of two tensors. Here the question is whether they are the same object: "
    "compare `id(p)`, or use `dict.fromkeys(...)`, which keeps each object once."
)


class Reads(nn.Module):
    """An embedding, then a small layer: (batch, length) ids -> (batch, width) mean vectors."""

    def __init__(self, embedding: nn.Embedding, width: int):
        super().__init__()
        self.embedding = embedding
        self.layer = nn.Linear(embedding.embedding_dim, width)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        """Mean over the tokens, one layer."""
        return torch.tanh(self.layer(self.embedding(ids).mean(1)))


def check(make_optimizer: Callable) -> None:
    """`make_optimizer(student, regressor, teacher, lr)`: student and regressor learn, the teacher does not."""
    for name, build in {"apart": _apart, "owned": _owned, "borrowed": _borrowed}.items():
        torch.manual_seed(0)
        student, regressor, teacher = build()
        said = f"{name_of(make_optimizer)}(student, regressor, teacher, lr={RATE}) ({ABOUT[name]})"
        optimizer = _optimizer(make_optimizer, student, regressor, teacher, said)
        before = copy.deepcopy([module.state_dict() for module in (student, regressor, teacher)])
        _three_steps(optimizer, student, regressor, teacher, said)
        _check_moves(before, student, regressor, teacher, said, borrowed=name == "borrowed")


ABOUT = {
    "apart": "three modules of their own",
    "owned": "the regressor is a part of the student",
    "borrowed": "the student uses the teacher's embedding",
}


def _apart():
    return Reads(nn.Embedding(20, 6), 3), nn.Linear(3, 8), Reads(nn.Embedding(20, 6), 8)


def _owned():
    student, regressor, teacher = _apart()
    student.regressor = regressor
    return student, regressor, teacher


def _borrowed():
    _, regressor, teacher = _apart()
    return Reads(teacher.embedding, 3), regressor, teacher


def _optimizer(make_optimizer: Callable, student, regressor, teacher, said: str) -> torch.optim.Optimizer:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch warns of parameters that stand twice; the check says more
        try:
            got = call(make_optimizer, student, regressor, teacher, RATE, untouched=False)
        except CheckFailed as error:
            if "parameter group" in str(error):
                fail(f"{said}: torch refuses, for some parameters stand in more than one group.", TWICE)
            if "must match the size" in str(error) or "Boolean value of Tensor" in str(error):
                fail(str(error), BY_NUMBERS)
            raise
    if got is None:
        fail(f"{said} gave None.", "The function ends without `return`.")
    if not isinstance(got, torch.optim.Optimizer):
        fail(
            f"{said} gave {shown(type(got).__name__)}.", "An optimizer is wanted, such as torch.optim.Adam(..., lr=lr)."
        )
    held = [id(one) for group in got.param_groups for one in group["params"]]
    if len(held) > len(set(held)):
        fail(f"{said} holds {len(held) - len(set(held))} parameters twice.", TWICE)
    if any(group["lr"] != RATE for group in got.param_groups):
        fail(f"{said} has a learning rate of {got.param_groups[0]['lr']}.", "Pass lr on.")
    return got


def _three_steps(optimizer, student, regressor, teacher, said: str) -> None:
    """The notebook's own loop."""
    for _ in range(3):
        ids = torch.randint(0, 20, (16, 5))
        loss = F.mse_loss(regressor(student(ids)), teacher(ids))
        if not loss.requires_grad:
            fail(f"After {said} nothing has a gradient.", "Freeze the teacher only: student and regressor learn.")
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def _check_moves(before: list[dict], student, regressor, teacher, said: str, borrowed: bool) -> None:
    of_teacher = {id(one) for one in teacher.parameters()}
    for module, old in ((teacher, before[2]), (regressor, before[1]), (student, before[0])):
        for name, parameter in module.named_parameters():
            moved = not torch.equal(parameter, old[name])
            if id(parameter) in of_teacher and moved:
                why = BORROWED if borrowed and name.startswith("embedding") else TEACHER_MOVES
                fail(f"{said}: after three steps the teacher's {name} has changed.", why)
            if id(parameter) not in of_teacher and not moved:
                who = "student" if module is student else "regressor"
                fail(f"{said}: after three steps the {who}'s {name} is as before.", _why_still(parameter))
    _check_no_gradient(teacher, said)


def _why_still(parameter: nn.Parameter) -> str:
    return LEFT_OUT if parameter.grad is not None else FROZEN


def _check_no_gradient(teacher: nn.Module, said: str) -> None:
    with_gradient = [name for name, one in teacher.named_parameters() if one.grad is not None]
    if with_gradient:
        fail(f"{said}: the teacher's {with_gradient[0]} has a gradient.", TEACHER_GRADIENT)
