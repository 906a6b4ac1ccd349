# SPDX-License-Identifier: MIT
"""Damaged files of every kind, and files of no kind: read() succeeds or raises
ConvertError, whatever the bytes are."""

import os
import shlex
import shutil
import subprocess
import sys
import zipfile

import msgpack
import numpy
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from convert_support import FOLDER, mutations, read_or_refuse, refuse

import simplernn
from simplernn.convert import ConvertError, convert, read
from simplernn.convert.__main__ import main

CORPUS = FOLDER.parents[3] / "tests/corpus/convert"
FILES = ["torch.pt", "torch_legacy.pt", "keras_back.keras", "keras_both.h5",
         "onnx_layout.onnx", "linen_both.msgpack", "mlx.npz", "mlx.safetensors",
         "model.safetensors.index.json"]


@pytest.fixture(params=FILES)
def damaged(request, tmp_path):
    """The bytes of a golden file, and a function that reads other bytes in its
    place."""
    for file in FOLDER.iterdir():
        if file.suffix in (".safetensors", ".bin"):
            shutil.copy(file, tmp_path)
    path = tmp_path / request.param

    def read_bytes(data):
        path.write_bytes(data)
        read_or_refuse(path)
    return (FOLDER / request.param).read_bytes(), read_bytes


def test_truncated_files(damaged):
    data, read_bytes = damaged
    for size in range(0, len(data), max(len(data) // 200, 1)):
        read_bytes(data[:size])


# h5py and msgpack run much slower under hypothesis than the rest.
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@settings(max_examples=100, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_files_with_other_bytes(data, damaged):
    original, read_bytes = damaged
    read_bytes(data.draw(mutations(original)))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@settings(max_examples=200, deadline=None)
@given(start=st.sampled_from([b"", b"PK\3\4", b"\x89HDF\r\n\x1a\n", b"\x80\x02",
                              b"{", b"\x08\x08", b"\x81", b"\xde\x00\x01",
                              b"\x02\0\0\0\0\0\0\0{}"]),
       rest=st.binary(max_size=200))
def test_any_bytes(start, rest, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / "any"
    path.write_bytes(start + rest)
    read_or_refuse(path)


@pytest.mark.parametrize("path", sorted(CORPUS.iterdir()),
                         ids=lambda path: path.name)
def test_files_that_ask_for_much_or_lie(path):
    assert len(refuse(path)) < 500 + len(str(path))


def test_files_of_no_kind(tmp_path):
    path = tmp_path / "file"
    for data in (b"", b"GGUF", b"import torch\n"):
        path.write_bytes(data)
        with pytest.raises(ConvertError, match="kind of the file is not known"):
            read(path)
    with pytest.raises(FileNotFoundError):
        read(tmp_path / "none.pt")
    with pytest.raises(IsADirectoryError):
        read(tmp_path)


def array(shape, dtype, data):
    return msgpack.ExtType(1, msgpack.packb((shape, dtype, data)))


@pytest.mark.parametrize("tree, text", [
    ({"i": {"kernel": array((3, 4), "float32", bytes(44))}},
     '"i/kernel" [3, 4] has 11 values'),
    ({"i": {"kernel": array((2**62, 4), "float32", bytes(48))}},
     "has 12 values"),
    ({"i": {"kernel": array((-3, -4), "float32", bytes(48))}}, "0 and up"),
    ({"i": {"kernel": array((1,) * 33, "float32", bytes(4))}}, "up to 32"),
    ({"i": {"kernel": array((12,), "float32", bytes(47))}}, "is damaged"),
    ({"i": {"kernel": msgpack.ExtType(1, b"\xc1")}}, "is damaged"),
    ({"i": {"kernel": {"__msgpack_chunked_array__": True}}},
     '"i/kernel" is larger than 1 GiB'),
    ({"i": {"kernel": array((2**62,) * 32, "float32", bytes(4))}},
     "4611686018427387904] has 1 values"),
    ({"a": msgpack.ExtType(9, b"")}, "there is no simple RNN"),
], ids=str)
def test_msgpack_files_that_lie(tmp_path, tree, text):
    path = tmp_path / "a.msgpack"
    path.write_bytes(msgpack.packb(tree))
    with pytest.raises(ConvertError) as failure:
        read(path)
    assert text in str(failure.value) and len(str(failure.value)) < 500


def test_long_names_in_front_of_many_arrays(tmp_path):
    path = tmp_path / "a.msgpack"
    empty = array((0,), "float32", b"")
    path.write_bytes(msgpack.packb({"x" * 10**6: {
        str(number): empty for number in range(3000)}}))
    refuse(path, "describes more objects, or longer names, than a model of")


def test_a_package_that_is_missing_is_named(monkeypatch):
    for file, package in (("onnx_layout.onnx", "onnx"),
                          ("keras_back.keras", "h5py"),
                          ("nnx.msgpack", "msgpack")):
        monkeypatch.setitem(sys.modules, package, None)
        with pytest.raises(ImportError, match=f"package {package}; install it "
                           r"with: pip install 'simplernn\[convert\]'"):
            read(FOLDER / file)


def test_convert_warns_about_what_it_assumes():
    with pytest.warns(UserWarning, match="nonlinearity tanh and batch_first "
                      "false were assumed, because the file does not say"):
        rnn = convert(FOLDER / "torch.pt")
    assert isinstance(rnn, simplernn.RNN)
    with pytest.raises(ValueError, match="nonlinearity"):
        convert(FOLDER / "torch.pt", nonlinearity="elu", batch_first=False)


def test_the_command_writes_what_the_library_reads(tmp_path, capfd):
    target = tmp_path / "model.safetensors"
    options = ["--name", "model.encoder", "--nonlinearity", "relu",
               "--batch-first", "--prefix", "encoder."]
    source = str(FOLDER / "torch_checkpoint.pt")
    assert main([source, str(target), *options]) == 0
    out, err = capfd.readouterr()
    assert "3" in out and err == ""
    with numpy.load(FOLDER / "expected.npz") as file:
        x, y = (file[f"torch_checkpoint/encoder/{name}"] for name in "xy")
    output, _ = simplernn.RNN.load(target, prefix="encoder.")(x)
    numpy.testing.assert_allclose(output, y, rtol=0, atol=1e-6)


def test_the_command_says_what_is_wrong(tmp_path, capfd):
    target = tmp_path / "model.safetensors"
    assert main([str(FOLDER / "torch_checkpoint.pt"), str(target)]) == 1
    assert capfd.readouterr().err == (
        f'simplernn: "{FOLDER}/torch_checkpoint.pt": there are 2 networks: '
        '"model.encoder" (input_size 3, hidden_size 4, 1 layer, forward), '
        '"model.decoder" (input_size 3, hidden_size 4, 1 layer, forward); '
        "choose one by its name\n")
    assert main([str(tmp_path / "none"), str(target)]) == 1
    assert "No such file" in capfd.readouterr().err
    assert not target.exists()


def test_the_command_prints_notes(tmp_path):
    result = subprocess.run(
        [sys.executable, "-m", "simplernn.convert", FOLDER / "mlx.npz",
         tmp_path / "a.safetensors"], capture_output=True, text=True)
    assert result.returncode == 0
    assert result.stderr == ("simplernn: nonlinearity tanh was assumed, "
                             "because the file does not say\n")


FULL = "simplernn: standard output: cannot write: No space left on device\n"
ASSUMED = ("simplernn: nonlinearity tanh was assumed, because the file does "
           "not say\n")


@pytest.mark.parametrize("buffering", ["", "1"], ids=["buffered", "direct"])
@pytest.mark.parametrize("arguments, redirection, status, text", [
    ("mlx.npz OUT", ">/dev/full", 1, ASSUMED + FULL),
    ("mlx.npz OUT", ">&-", 0, ASSUMED),
    ("mlx.npz OUT", "2>&-", 0, ""),
    ("mlx.npz OUT", "2>/dev/full", 0, ""),
    ("none OUT", "2>&-", 1, ""),
    ("none OUT", "2>/dev/full", 1, ""),
    ("--help", ">/dev/full", 1, FULL),
])
def test_the_command_without_a_place_for_its_words(
        tmp_path, buffering, arguments, redirection, status, text):
    target = tmp_path / "a.safetensors"
    command = [sys.executable, "-m", "simplernn", "convert",
               *arguments.replace("OUT", str(target)).split()]
    result = subprocess.run(f"{shlex.join(command)} {redirection}", shell=True,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            text=True, cwd=FOLDER, env={
                                **os.environ, "PYTHONUNBUFFERED": buffering})
    assert (result.returncode, result.stderr) == (status, text)
    assert "simplernn:" not in result.stdout
    assert target.exists() == ("mlx" in arguments)


def test_an_archive_is_opened_once(tmp_path, monkeypatch):
    """The list of its files is read then. With many files, reading it again for
    each of them would take minutes."""
    opened = []

    class Counting(zipfile.ZipFile):
        def __init__(self, *arguments, **options):
            opened.append(arguments)
            super().__init__(*arguments, **options)

    numpy.savez(tmp_path / "many.npz", **{
        f"array_{number}": numpy.zeros(1) for number in range(100)})
    monkeypatch.setattr(zipfile, "ZipFile", Counting)
    read_or_refuse(tmp_path / "many.npz")
    assert len(opened) == 1


@pytest.mark.parametrize("name, method", [
    (name, method) for name in ("a/data.pkl", "a.npy", "model.weights.h5")
    for method in (zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2)])
def test_archives_compressed_by_another_method(tmp_path, name, method):
    """Whether they are damaged or not."""
    path = tmp_path / "archive"
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr(name, bytes(5000))
    text = f'"{name}" in the archive is compressed by another method than'
    refuse(path, text)
    data = bytearray(path.read_bytes())
    data[60] ^= 0xFF
    path.write_bytes(data)
    refuse(path, text)
