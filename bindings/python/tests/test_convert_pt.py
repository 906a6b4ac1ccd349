# SPDX-License-Identifier: MIT
"""Files of torch.save: nothing in them is run, and nothing in them is
believed."""

import os
import pickle
import struct
import zipfile

import numpy
import pytest
import torch_pickle as make
from hypothesis import given, settings
from hypothesis import strategies as st
from convert_support import FOLDER, mutations, read_or_refuse, refuse

from simplernn.convert import pickles, read


class Command:
    """Unpickling it runs a command of the shell."""

    def __init__(self, command):
        self.command = command

    def __reduce__(self):
        return os.system, (self.command,)


def hostile_pickles(command):
    """Pickles that run the command when pickle.load() reads them."""
    yield pickle.dumps({"weight_ih_l0": Command(command)}, protocol=2)
    yield pickle.dumps(Command(command), protocol=4)  # STACK_GLOBAL
    yield pickle.dumps(Command(command), protocol=0)  # texts and GLOBAL
    yield (b"(S'" + command.encode() + b"'\nios\nsystem\n.")  # INST
    yield (make.PROTO + make.name("builtins", "eval") + b"(" +
           make.text(f"__import__('os').system({command!r})") + b"tR.")


def test_a_hostile_pickle_is_refused_and_not_run(tmp_path):
    marker = tmp_path / "executed"
    for number, data in enumerate(hostile_pickles(f"touch {marker}")):
        pickle.loads(data)
        assert marker.exists()  # so the pickle is hostile indeed
        marker.unlink()
        path = tmp_path / f"{number}.pt"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("archive/data.pkl", data)
        message = refuse(path)
        assert "torch.save" in message
        assert "system" in message or "eval" in message or \
            "which torch.save does not write" in message
        assert not marker.exists()
        path.write_bytes(data)  # the format before PyTorch 1.6
        refuse(path)
        assert not marker.exists()


def test_a_whole_module_is_refused_by_name():
    refuse(FOLDER / "torch_module.pt", '"torch.nn.modules.rnn"."RNN"',
           "nothing is run", "torch.save(model.state_dict(), path)")


@pytest.mark.parametrize("attack", [
    # to change the functions that rebuild tensors
    make.name("torch._utils", "_rebuild_tensor_v2") + b"}" +
    make.text("__defaults__") + b"Ns\x86b",
    make.name("collections", "OrderedDict") + b"}" + make.text("keys") +
    b"Nsb",
    # to make an object without its constructor
    make.name("collections", "OrderedDict") + b")\x81",
    # to call what is no function
    make.text("system") + make.several(make.text("ls")) + b"R",
    make.storage() + make.several() + b"R",
    # to use more memory than the file has
    b"}r\xff\xff\xff\xff" + b"j\xfe\xff\xff\xff",
    b"\x8d" + b"\xff" * 7 + b"\x7f",
    # tuples in tuples as a key, whose hash would take for ever
    b"}" + b"))" + b"\x86\x94" * 1 + b"2\x86" * 40 + b"Ns",
    # nothing, or not enough
    b"", b"(", b"t", b"R", b"s", b"u", b"0", b"\x86", b"Q", b"h\x07",
    make.several(make.text("storage")) + b"Q", make.text("0") + b"Q",
    b"}" + make.text("odd") + b"(" + make.text("odd") + b"u",
])
def test_other_attacks_are_refused(tmp_path, attack):
    refuse(make.write(tmp_path / "a.pt", attack))
    assert pickles.rebuild_tensor.__defaults__ == (False, None, None)


@pytest.mark.parametrize("of, text", [
    ({"offset": -1}, "no offset of 0 and up"),
    ({"offset": 1}, "reaches element 12 of a storage of 12"),
    ({"offset": 2**62}, "of a storage of 12"),
    ({"shape": (4, 3), "strides": (-3, 1)}, "integers of 0 and up"),
    ({"shape": (-4, 3)}, "integers of 0 and up"),
    ({"shape": (4, 3), "strides": (3,)}, "2 sizes and 1 strides"),
    ({"shape": (4, 2**40)}, "of a storage of 12"),
    ({"shape": (4, 2**40), "strides": (0, 0)}, "repeats the 12 numbers"),
    ({"shape": (4, 0)}, '"weight_ih_l0" [4, 0] is empty'),
    ({"shape": (3, 4), "strides": (4, 1)}, '"weight_ih_l0" [3, 4] does not fit '
     '"weight_hh_l0" [4, 4], which has the hidden size 4'),
    ({"shape": (12,), "strides": (1,)}, '"weight_ih_l0" [12] does not fit'),
    ({"shape": (1,) * 40, "strides": (1,) * 40}, "up to 32 integers"),
    ({"count": 13}, "13 numbers of float32, but the archive has 48 bytes"),
    ({"count": -1}, "in an unknown way"),
    ({"key": "7"}, "but the archive has 0 bytes of it"),
    ({"key": "../../data.pkl"}, 'the storage "../../data.pkl"'),
    ({"kind": "QInt8Storage"}, '"torch"."QInt8Storage"'),
    ({"kind": "IntStorage"}, '"weight_ih_l0" [4, 3] has the type int32'),
    ({"metadata": make.dictionary({"neg": b"\x88"})}, "resolve_neg()"),
], ids=str)
def test_tensors_that_do_not_fit_their_storage(tmp_path, of, text):
    refuse(make.write(tmp_path / "a.pt", make.weights(**of)), text)


def test_views_of_one_storage_are_read_as_torch_does(tmp_path):
    value = make.dictionary({
        "weight_ih_l0": make.tensor((2, 3), (1, 2), 1),
        "weight_hh_l0": make.tensor((2, 2), (5, 2), 2),
    })
    state = read(make.write(tmp_path / "a.pt", value)).state_dict
    numpy.testing.assert_array_equal(state["weight_ih_l0"],
                                     [[1, 3, 5], [2, 4, 6]])
    numpy.testing.assert_array_equal(state["weight_hh_l0"], [[2, 4], [7, 9]])


def test_the_byte_order_of_the_archive_counts(tmp_path):
    storages = {"0": numpy.arange(12, dtype=">f4"),
                "1": numpy.arange(16, dtype=">f4")}
    path = make.write(tmp_path / "a.pt", make.weights(), storages,
                      [("archive/byteorder", b"big")])
    numpy.testing.assert_array_equal(read(path).state_dict["weight_ih_l0"],
                                     numpy.arange(12).reshape(4, 3))
    path = make.write(tmp_path / "b.pt", make.weights(), storages,
                      [("archive/byteorder", b"middle")])
    refuse(path, "unknown byte order")


def test_float64_and_float16(tmp_path):
    storages = {"0": numpy.arange(12, dtype="<f8"),
                "1": numpy.arange(16, dtype="<f2")}
    value = make.dictionary({
        "weight_ih_l0": make.tensor(kind="DoubleStorage"),
        "weight_hh_l0": make.tensor((4, 4), (4, 1), key="1", count=16,
                                    kind="HalfStorage")})
    state = read(make.write(tmp_path / "a.pt", value, storages)).state_dict
    assert {array.dtype.name for array in state.values()} == {"float64"}
    numpy.testing.assert_array_equal(state["weight_hh_l0"].ravel(),
                                     numpy.arange(16))


def test_archives_that_are_damaged(tmp_path):
    twice = make.write(tmp_path / "twice.pt", make.weights())
    with pytest.warns(UserWarning, match="Duplicate name"), \
            zipfile.ZipFile(twice, "a") as archive:
        archive.writestr("archive/data/0", b"\0" * 48)
    refuse(twice, '"archive/data/0" twice')
    refuse(make.write(tmp_path / "two.pt", b"}", more=[("b/data.pkl", b"")]),
           "no data.pkl, or several")
    refuse(make.write(tmp_path / "script.pt", b"}",
                      more=[("archive/constants.pkl", b"")]), "TorchScript")
    data = bytearray(make.write(tmp_path / "crc.pt",
                                make.weights()).read_bytes())
    data[data.index(numpy.arange(12, dtype="<f4").tobytes()) + 5] ^= 1
    (tmp_path / "crc.pt").write_bytes(data)
    refuse(tmp_path / "crc.pt", '"archive/data/0" in the archive is damaged',
           "CRC")


def test_a_zip_bomb_is_not_unpacked(tmp_path):
    path = tmp_path / "bomb.pt"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl",
                         make.PROTO + make.weights(count=1 << 25) + make.STOP)
        archive.writestr("archive/data/0", b"\0" * (1 << 27))
        archive.writestr("archive/data/1", b"\0" * 64)
    assert path.stat().st_size < 1 << 18
    refuse(path, '"archive/data/0" would unpack', "to 134217728 bytes")


LONG = make.text("x" * 200000)


@pytest.mark.parametrize("value", [
    # names that stand in front of many others
    LONG + b"q\0" + b"}h\0" * 1000 + b"N" + b"s" * 1000,
    b"}(" + make.text("a") + make.tensor((0,), (1,)) + b"q\0" + LONG + b"}(" +
    b"".join(make.number(key) + b"h\0" for key in range(1000)) + b"uu",
    # a long name, which patterns would look for endings in
    b"}" + make.text("x" * 10**7) + make.tensor((0,), (1,)) + b"s",
    # objects that are much larger than the instructions that make them
    b"(" + b"}" * 16_700_000 + b"t",
    # the same function with the same pairs, again and again
    make.name("collections", "OrderedDict") + b"q\0(](" + b"".join(
        make.number(key) + b"N\x86" for key in range(2000)) + b"etq\1](" +
    b"h\0h\1R" * 100000 + b"e",
], ids=["nested names", "names of shared tensors", "a long name", "dicts",
        "dicts of pairs"])
def test_small_files_that_would_take_much_memory_or_time(tmp_path, value):
    path = tmp_path / "a.pt"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/data.pkl", make.PROTO + value + make.STOP)
        archive.writestr("a/data/0", bytes(48))
    refuse(path, "describes more objects, or longer names, than a model of")


def test_keys_of_dicts_are_texts_or_small_numbers(tmp_path):
    """A dict of numbers that all have one hash would take for ever."""
    same_hash = [make.number(key * (2**61 - 1)) + b"N" for key in range(1, 40)]
    refuse(make.write(tmp_path / "a.pt", b"}(" + b"".join(same_hash) + b"u"),
           "an integer of more than 64 bits")
    many_digits = b"\x8b" + struct.pack("<I", 3000) + b"\1" * 3000
    for key in (many_digits, b"\x8a\xff" + b"\1" * 255):
        refuse(make.write(tmp_path / "a.pt", b"}" + key + b"Ns"),
               "an integer of more than 64 bits")
    refuse(make.write(tmp_path / "a.pt", b"}K\1Ns" + make.text("1") + b"Ns"),
           'a dict has the key "1" twice')
    value = b"}K\1" + make.weights() + b"s"
    assert read(make.write(tmp_path / "a.pt", value)).name == "1"


def test_the_memo_is_filled_in_order(tmp_path):
    refuse(make.write(tmp_path / "a.pt", b"}q\1"), "that it has not made")
    value = make.weights() + b"q\0" + b"q\1" + b"q\0" + b"h\1"
    assert read(make.write(tmp_path / "a.pt", value)).name == ""


def test_weights_in_one_storage_are_unpacked_once(tmp_path):
    """As cuDNN wants it. Unpacked for each tensor, they are too many bytes."""
    layers, size = 60, 1 << 19
    count = size // 4
    value = make.dictionary({
        f"{kind}_l{layer}": make.tensor((4, 4), (4, 1), count=count)
        for layer in range(layers) for kind in ("weight_ih", "weight_hh")})
    numbers = {"0": numpy.arange(count, dtype="<f4")}
    state = read(make.write(tmp_path / "a.pt", value, numbers)).state_dict
    assert len(state) == 2 * layers


def test_containers_may_be_shared_or_contain_themselves(tmp_path):
    itself = b"}q\x00" + make.text("again") + b"h\x00s"
    refuse(make.write(tmp_path / "a.pt", itself), "there is no simple RNN")
    doubled = make.weights() + b"q\x00" + b"".join(
        b"}(" + make.text("a") + b"h" + bytes([level]) + make.text("b") +
        b"h" + bytes([level]) + b"uq" + bytes([level + 1])
        for level in range(60))
    converted = read(make.write(tmp_path / "b.pt", doubled))
    assert converted.name == ".".join("a" * 60)


def test_storages_of_the_old_format_are_checked(tmp_path):
    data = (FOLDER / "torch_legacy.pt").read_bytes()
    path = tmp_path / "old.pt"
    for size in range(0, len(data), 5):
        path.write_bytes(data[:size])
        refuse(path)


def test_storages_of_the_old_format_have_texts_as_keys(tmp_path):
    """A dictionary that is keyed by numbers lists them as numbers."""
    data = (FOLDER / "torch_legacy.pt").read_bytes()
    keys = [pickle.loads(data[place:]) for place in range(len(data))
            if data[place:place + 4] == b"\x80\x02]q"]
    listed = pickle.dumps(keys[-1], protocol=2)
    numbers = pickle.dumps([int(key) for key in keys[-1]], protocol=2)
    assert listed in data
    path = tmp_path / "old.pt"
    path.write_bytes(data.replace(listed, numbers))
    refuse(path, "does not list its storages")


@pytest.fixture(scope="module")
def golden_entries():
    with zipfile.ZipFile(FOLDER / "torch.pt") as archive:
        return {name: archive.read(name) for name in archive.namelist()}


# pickletools decodes the texts of old pickles, before they are refused.
@pytest.mark.filterwarnings("ignore:invalid escape sequence")
@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_damaged_pickles(data, golden_entries, tmp_path_factory):
    name = next(name for name in golden_entries if name.endswith("/data.pkl"))
    entries = {**golden_entries,
               name: data.draw(mutations(golden_entries[name]))}
    path = tmp_path_factory.getbasetemp() / "damaged.pt"
    with zipfile.ZipFile(path, "w") as archive:
        for entry, content in entries.items():
            archive.writestr(entry, content)
    read_or_refuse(path)


INSTRUCTIONS = st.one_of(
    st.sampled_from([bytes([code]) for code in b"()0123.NQRabdeilopst]u}"] +
                    [bytes([code]) for code in range(0x81, 0x98)]),
    st.builds(make.text, st.sampled_from(["storage", "0", "weight_ih_l0"])),
    st.builds(make.number, st.integers(-2**70, 2**70)),
    st.builds(lambda slot: b"q" + bytes([slot]), st.integers(0, 4)),
    st.builds(lambda slot: b"h" + bytes([slot]), st.integers(0, 4)),
    st.sampled_from([make.tensor(), make.storage(),
                     make.name("torch", "FloatStorage"),
                     make.name("torch._utils", "_rebuild_tensor_v2"),
                     make.name("torch._utils", "_rebuild_parameter"),
                     make.name("collections", "OrderedDict"),
                     make.name("os", "system")]))


@settings(max_examples=300, deadline=None)
@given(instructions=st.lists(INSTRUCTIONS, max_size=30))
def test_any_instructions(instructions, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / "any.pt"
    read_or_refuse(make.write(path, b"".join(instructions)))


def test_a_storage_that_is_shorter_than_the_archive_says(tmp_path):
    path = make.write(tmp_path / "a.pt", make.weights(
        shape=(4, 5000), strides=(5000, 1), count=20000))
    data = bytearray(path.read_bytes())
    entry = data.rindex(b"archive/data/0") - 46  # in the directory
    data[entry + 24:entry + 28] = (80000).to_bytes(4, "little")
    path.write_bytes(data)
    refuse(path, "bytes instead of 80000")
