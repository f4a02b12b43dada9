"""The transfer set: computed once, never again, and right."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from companion.distill import teacher_logits, teacher_outputs
from companion.distill.transfer import fingerprint_of

TEXTS = ["a", "bb", "ccc", "dddd", "eeeee"]


class Teacher:
    """Counts letters and calls."""

    def __init__(self, fingerprint="one", scale=1.0):
        self.fingerprint, self.scale, self.calls = fingerprint, scale, 0

    def logits(self, texts):
        self.calls += 1
        return np.array([[self.scale * len(text), -len(text)] for text in texts], np.float32)


class Module(nn.Module):
    """A teacher that is a module, with dropout."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.layer, self.dropout = nn.Linear(1, 3), nn.Dropout(0.5)

    def forward(self, texts):
        return self.dropout(self.layer(torch.tensor([[float(len(text))] for text in texts])))


def the_file(folder):
    (file,) = folder.glob("*.safetensors")
    return file


# --- by hand ------------------------------------------------------------------------------------------


def test_computed_once_in_batches_and_then_read(tmp_path):
    teacher = Teacher()
    first = teacher_logits(teacher, TEXTS, tmp_path, batch_size=2)
    assert first.tolist() == [[n, -n] for n in (1.0, 2.0, 3.0, 4.0, 5.0)]
    assert teacher.calls == 3
    assert torch.equal(teacher_logits(teacher, TEXTS, tmp_path), first) and teacher.calls == 3
    assert the_file(tmp_path).suffix == ".safetensors"


def test_another_teacher_other_texts_and_another_order_are_computed_anew(tmp_path):
    teacher = Teacher()
    teacher_logits(teacher, TEXTS, tmp_path)
    turned = teacher_logits(teacher, TEXTS[::-1], tmp_path)
    assert turned[0].tolist() == [5.0, -5.0]
    assert teacher_logits(Teacher("two", scale=2.0), TEXTS, tmp_path)[0].tolist() == [2.0, -1.0]
    assert teacher_logits(teacher, ["ab", "c"], tmp_path).tolist() != teacher_logits(teacher, ["a", "bc"], tmp_path)
    assert len(list(tmp_path.iterdir())) == 5


@pytest.mark.parametrize("harm", ["cut", "empty", "noise", "flipped"])
def test_a_corrupted_file_is_computed_again(tmp_path, harm):
    teacher = Teacher()
    expected = teacher_logits(teacher, TEXTS, tmp_path)
    file = the_file(tmp_path)
    good = file.read_bytes()
    bad = {"cut": good[:-9], "empty": b"", "noise": b"\xff" * len(good), "flipped": good[:-4] + b"\x00\x00\xc0\x7f"}
    file.write_bytes(bad[harm])  # the flipped one ends on NaN
    assert torch.equal(teacher_logits(teacher, TEXTS, tmp_path), expected) and teacher.calls == 2
    assert torch.equal(teacher_logits(teacher, TEXTS, tmp_path), expected) and teacher.calls == 2


def test_a_module_answers_without_dropout_and_is_known_by_its_weights(tmp_path):
    teacher = Module().train()
    logits = teacher_logits(teacher, TEXTS, tmp_path)
    assert teacher.training
    with torch.no_grad():
        torch.testing.assert_close(logits, teacher.eval()(TEXTS))
        before = fingerprint_of(teacher)
        teacher.layer.bias += 1
    assert fingerprint_of(teacher) != before
    torch.testing.assert_close(teacher_logits(teacher, TEXTS, tmp_path), logits + 1)


def test_more_than_logits(tmp_path):
    calls = []

    def compute(batch):
        calls.append(len(batch))
        return {"logits": torch.ones(len(batch), 2), "vectors": np.zeros((len(batch), 3, 4))}

    for _ in range(2):
        outputs = teacher_outputs(compute, TEXTS, "t", tmp_path, batch_size=4)
        assert {name: tuple(t.shape) for name, t in outputs.items()} == {"logits": (5, 2), "vectors": (5, 3, 4)}
    assert calls == [4, 1]


def test_the_default_folder_is_the_learners_home(tmp_path, monkeypatch):
    monkeypatch.setenv("COMPANION_HOME", str(tmp_path))
    teacher_logits(Teacher(), TEXTS)
    assert the_file(tmp_path / "teacher").is_file()


# --- the reference: safetensors reads the file, the encoder is a real teacher ---------------------------


def test_safetensors_reads_the_file(tmp_path):
    from safetensors.torch import load_file

    logits = teacher_logits(Teacher(), TEXTS, tmp_path)
    assert torch.equal(load_file(the_file(tmp_path))["logits"], logits)


def test_the_encoders_vectors_are_kept(tmp_path):
    from companion.models import load_encoder

    encoder = load_encoder()
    texts = ["Where is my parcel?", "It does not charge any more."]
    outputs = teacher_outputs(lambda b: {"vectors": encoder.encode(b)}, texts, encoder.fingerprint, tmp_path)
    np.testing.assert_allclose(outputs["vectors"].numpy(), encoder.encode(texts), atol=1e-6)


# --- property -----------------------------------------------------------------------------------------


@settings(max_examples=20, deadline=None)
@given(st.lists(st.text(max_size=5), min_size=1, max_size=9), st.integers(1, 10))
def test_any_texts_in_any_batches(tmp_path_factory, texts, batch_size):
    folder = tmp_path_factory.mktemp("transfer")
    logits = teacher_logits(Teacher(), texts, folder, batch_size=batch_size)
    assert logits.tolist() == [[len(t), -len(t)] for t in texts]
    assert torch.equal(teacher_logits(Teacher(scale=9.0), texts, folder), logits)  # the fingerprint says: the same


# --- errors -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("teacher", "texts", "message"),
    [
        (Teacher(), [], "at least one str"),
        (Teacher(), ["a", 3], "at least one str"),
        (Teacher(fingerprint=None), TEXTS, "pass fingerprint="),
        (Teacher(scale=float("nan")), TEXTS, "finite row"),
    ],
)
def test_errors(tmp_path, teacher, texts, message):
    with pytest.raises(ValueError, match=message):
        teacher_logits(teacher, texts, tmp_path)
    assert not list(tmp_path.iterdir())  # nothing wrong is kept


@pytest.mark.parametrize("shape", [(4, 2), (5,), (5, 2, 2)])
def test_wrong_shapes(tmp_path, shape):
    with pytest.raises(ValueError, match="finite row|return"):
        teacher_logits(lambda texts: torch.zeros(shape), TEXTS, tmp_path, fingerprint="x")
