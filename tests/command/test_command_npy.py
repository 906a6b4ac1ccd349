#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""simplernn run: every form of input that is read, and what is not."""

import math
import os
import pty
import struct
import subprocess

from support import (COMMAND, IO, NO_MEMORY, OK, ORDER, WRONG, Test, main,
                     model, npy, npy_header, npy_raw, read_npy, run)

VALUES = [1.0, -2.0, 0.5, 4.0, -1.0, 3.0]  # [3, 2]
DATA = struct.pack("<6f", *VALUES)


class Forms(Test):
    def setUp(self):
        super().setUp()
        self.model = self.write("model", model())
        self.expected = read_npy(self.run_on(npy([3, 2], VALUES)))

    def run_on(self, data, *arguments):
        path = self.write("input", data)
        output = self.succeed("run", self.model, path, *arguments)
        self.assertEqual(output, self.succeed("run", self.model, "-",
                                              *arguments, input=data))
        return output

    def test_types_orders_versions(self):
        self.assertEqual(self.expected[:2], (ORDER + "f4", (3, 2)))
        for descr in ["<f2", ">f2", "<f4", "<f8", ">f4", ">f8"]:
            for is_fortran in [False, True]:
                for version in [1, 2, 3]:
                    with self.subTest(f"{descr} {is_fortran} {version}"):
                        data = npy([3, 2], VALUES, descr, is_fortran, version)
                        self.assertEqual(read_npy(self.run_on(data)),
                                         self.expected)

    def test_batch_in_fortran_order(self):
        values = [float(k % 7 - 3) for k in range(4 * 3 * 2)]
        c_order = self.run_on(npy([4, 3, 2], values))
        self.assertEqual(c_order, self.run_on(npy([4, 3, 2], values, ">f8",
                                                  True)))
        self.assertEqual(read_npy(c_order)[1], (4, 3, 2))

    def test_spellings_of_a_header(self):
        for header in [
                "{'descr':'<f4','fortran_order':False,'shape':(3,2)}",
                '{"shape": (3L, 2L,), "fortran_order": False, "descr": "<f4"}',
                "\t { 'descr' : '<f4' ,\n'shape':( 3 , 2 ) ,"
                "'fortran_order':False,\r\n}   \n",
                npy_header() + 60000 * " " + "\n"]:
            self.assertEqual(read_npy(self.run_on(npy_raw(header, DATA))),
                             self.expected)

    def test_sizes_of_0(self):
        for shape, wanted in [([0, 2], (0, 2)), ([0, 5, 2], (0, 5, 2)),
                              ([5, 0, 2], (5, 0, 2)), ([0, 0, 2], (0, 0, 2)),
                              ([2**40, 0, 2], (2**40, 0, 2))]:
            for is_fortran in [False, True]:
                output = self.run_on(npy(shape, [], "<f8", is_fortran))
                self.assertEqual(read_npy(output), (ORDER + "f4", wanted, []))

    def test_many_values(self):
        steps = 30000
        values = [float(k % 5 - 2) for k in range(2 * steps)]
        relu = self.run_on(npy([steps, 2], values), "--nonlinearity", "tanh")
        self.assertEqual(relu, self.run_on(
            npy([steps, 2], values, ">f8", True), "--nonlinearity", "tanh"))

    def test_every_float16(self):
        """By a model that gives positive values back, and their opposites."""
        same = self.write("same", model(
            1, 1, fill=lambda k: 1.0, zeros=["weight_hh_l0"]))
        flip = self.write("flip", model(
            1, 1, fill=lambda k: -1.0, zeros=["weight_hh_l0"]))
        every = struct.pack("<65536H", *range(65536))
        values = struct.unpack("<65536e", every)
        for order, data in [("<", every), (">", struct.pack(
                ">65536H", *range(65536)))]:
            path = self.write("half", npy_raw(npy_header(
                f"{order}f2", shape="(1, 65536, 1)"), data))
            for sign, path_of_model in [(1, same), (-1, flip)]:
                result = read_npy(self.succeed(
                    "run", path_of_model, path, "--nonlinearity", "relu"))[2]
                for value, got in zip(values, result):
                    if not math.isnan(value):
                        self.assertEqual(got, max(0.0, sign * value))
                    else:
                        self.assertTrue(math.isnan(got))

    def test_float16_states(self):
        for descr in ["<f2", ">f2"]:
            path = self.write("h0", npy([1, 1, 2], [0.5, -2.0], descr))
            wide = self.write("wide", npy([1, 1, 2], [0.5, -2.0], "<f8"))
            data = npy([3, 1, 2], VALUES)
            self.assertEqual(self.run_on(data, "--h0", path),
                             self.run_on(data, "--h0", wide))

    def test_narrowing(self):
        for value in [math.inf, -math.inf, math.nan, 3.4e38, 1e-300]:
            self.run_on(npy([1, 2], [value, 0], "<f8"))
        path = self.write("large", npy([1, 2], [0, 3.5e38], "<f8"))
        self.fail_with(WRONG, ["value 1", "3.5e+38", "float32"],
                       "run", self.model, path)
        wide = self.write("wide", model(dtype="F64"))
        output = read_npy(self.succeed("run", wide, path))
        self.assertEqual(output[0], ORDER + "f8")


class Refused(Test):
    def setUp(self):
        super().setUp()
        self.model = self.write("model", model())

    def refuse(self, data, *texts, code=WRONG):
        path = self.write("input", data)
        self.assertEqual(b"", self.fail_with(code, [f'"{path}"', *texts],
                                             "run", self.model, path))
        self.fail_with(code, ["simplernn: standard input", *texts],
                       "run", self.model, "-", input=data)

    def test_no_npy(self):
        for data in [b"", b"\x93NUMPY", b"PK\x03\x04" + bytes(60),
                     b"\x93numpy\x01\x00" + bytes(60)]:
            self.refuse(data, "this is not a .npy file", "numpy.save")
        for version in [b"\x00\x00", b"\x04\x00", b"\x01\x01", b"\xff\xff"]:
            self.refuse(b"\x93NUMPY" + version + bytes(60), "version")

    def test_long_key(self):
        self.refuse(npy_raw(f"{{'{80 * 'k'}': 1}}"), f"key '{64 * 'k'}'")

    def test_scalar(self):
        for is_fortran in [False, True]:
            path = self.write("input", npy([], [1.0], "<f4", is_fortran))
            self.fail_with(WRONG, "input is []", "run", self.model, path)

    def test_cut(self):
        whole = npy([3, 2], VALUES)
        for size in range(8, len(whole) - 4 * len(VALUES)):
            data = whole[:size]
            result = run("run", self.model, "-", input=data)
            self.check(result, WRONG, "ends inside the .npy header")
        for lost in [1, 4, 23, 24]:
            self.refuse(whole[:-lost], "truncated", f"{24 - lost} bytes",
                        "header promises 24")
        self.refuse(whole + b"\0", "more bytes than its .npy header promises")

    def test_long_header(self):
        for length in [65536, 2**31, 2**32 - 1]:
            for version in [2, 3]:
                self.refuse(b"\x93NUMPY" + bytes([version, 0]) +
                            struct.pack("<I", length) + bytes(100), "longer")

    def test_bad_headers(self):
        for header, texts in [
                ("", ["ends where the {"]), ("[]", ["byte 0", "{"]),
                ("{", ["ends where"]), ("{}", ["lacks", "descr"]),
                (npy_header() + "x", ["the blank that pads"]),
                (npy_header() + "\0", ["0x00", "the blank that pads"]),
                (npy_header()[:-3], ["ends where a comma"]),
                (npy_header() * 2, ["the blank that pads"]),
                (npy_header().replace("'shape'", "'form'"), ["has", "form"]),
                (npy_header()[:-3] + ", 'shape': (1,)}", ["repeats", "shape"]),
                (npy_header()[:-3] + ", 'descr': '<f4'}",
                 ["repeats", "descr"]),
                (npy_header()[:-3] + ", 'extra': 1}", ["has", "extra"]),
                ("{'descr': '<f4', 'shape': (3, 2)}", ["lacks", "fortran"]),
                ("{'descr': '<f4', 'fortran_order': False}",
                 ["lacks", "shape"]),
                ("{'descr': '<f4' 'shape': (3, 2)}", ["a comma"]),
                ("{'descr' '<f4'}", ["the colon"]),
                ("{descr: '<f4'}", ["the quote of a key"]),
                ("{'descr': [('a', '<f4')]}", ["simple type", "astype"]),
                ("{'descr': {'a': 1}}", ["simple type"]),
                ("{'descr': '<f4\\x00'}", ["plain character"]),
                ("{'descr': '<f4", ["plain character"]),
                ("{'d\xe9scr': '<f4'}", ["0xc3", "plain character"]),
                ("{'descr': '" + 300 * "f" + "'}", ["type is", "fff"]),
                (npy_header(order="0"), ["True or False"]),
                (npy_header(order="'False'"), ["True or False"]),
                (npy_header(order="Falsey"), ["a comma"]),
                (npy_header(shape="[3, 2]"), ["the ( of the shape"]),
                (npy_header(shape="6"), ["the ( of the shape"]),
                (npy_header(shape="(6)"), ["the comma"]),
                (npy_header(shape="(3 2)"), ["the comma"]),
                (npy_header(shape="(3, 2 1)"), ["a comma or the )"]),
                (npy_header(shape="(3, (2,))"), ["a size"]),
                (npy_header(shape="(,)"), ["a size"]),
                (npy_header(shape="(3,,2)"), ["a size"]),
                (npy_header(shape="(-3, 2)"), ["0x2d", "a size"]),
                (npy_header(shape="(03, 2)"), ["a size"]),
                (npy_header(shape="(3.0, 2)"), ["the comma"]),
                (npy_header(shape="(1, " * 3000), ["a size"]),
                (npy_header(shape="(1,1,1,1,1,1,1,1,1)"), ["8 dimensions"])]:
            with self.subTest(header[:60]):
                self.refuse(npy_raw(header, DATA, 1), *texts)

    def test_types(self):
        for descr in ["<i4", "|f2", "<f1", "|u1", "|b1", "<c8", "< f", " f4",
                      "=f4", "f4", "<f16", "|O", "<f4 ", ""]:
            self.refuse(npy_raw(npy_header(descr), DATA),
                        f"type is '{descr}'", "expected f2, f4 or f8",
                        "save x.astype('f4')")

    def test_overflows(self):
        for shape in ["(9223372036854775808,)", f"(1{400 * '0'},)",
                      "(4294967296, 4294967296)", "(2305843009213693952, 2)",
                      "(9223372036854775807, 0)",
                      "(0, 4294967296, 4294967296)"]:
            self.refuse(npy_raw(npy_header(shape=shape)), "too large")
        self.refuse(npy_raw(npy_header(shape="(2305843009213693951,)"), DATA),
                    "truncated", "has 24 bytes", "9223372036854775804")

    def test_shapes(self):
        for shape in [[], [6], [1, 1, 3, 2], [3, 3], [3, 1, 3], [3, 0], [0]]:
            count = 1
            for size in shape:
                count *= size
            path = self.write("input", npy(shape, count * [0.0]))
            self.fail_with(WRONG, [f"input is {shape}", "input_size"],
                           "run", self.model, path)

    def test_h0(self):
        good = self.write("input", npy([3, 1, 2], VALUES))
        for shape in [[2], [1, 2], [2, 1, 2], [1, 2, 2], [1, 1, 3]]:
            count = shape[0] * (shape + [1])[1] * (shape + [1, 1])[2]
            path = self.write("h0", npy(shape, count * [0.0]))
            self.fail_with(WRONG, f"h0 is {shape}", "run", self.model, good,
                           "--h0", path)
        path = self.write("h0", b"junk")
        self.fail_with(WRONG, f'"{path}": this is not a .npy', "run",
                       self.model, good, "--h0", path)

    def test_no_memory(self):
        path = self.write("input", npy([0, 2**45, 2], []))
        self.fail_with(NO_MEMORY, "cannot allocate", "run", self.model, path,
                       "--output", self.path("o"), "--hidden", self.path("h"))
        self.assertEqual(sorted(os.listdir(self.folder.name)),
                         ["input", "model"])
        path = self.write("input", npy([0, 2**59, 2], []))
        wide = self.write("wide", model(hidden=8))
        self.fail_with(WRONG, "2^63 - 1 bytes", "run", wide, path)


class Sources(Test):
    def setUp(self):
        super().setUp()
        self.model = self.write("model", model())
        self.data = npy([3, 2], VALUES)
        self.input = self.write("input", self.data)

    def test_slow_pipe(self):
        with subprocess.Popen([COMMAND, "run", self.model, "-"],
                              stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE) as process:
            for byte in self.data:
                process.stdin.write(bytes([byte]))
                process.stdin.flush()
            process.stdin.close()
            output = process.stdout.read()
        self.assertEqual(process.returncode, OK)
        self.assertEqual(output, self.succeed("run", self.model, self.input))

    def test_pipe_with_a_name(self):
        os.mkfifo(self.path("fifo"))
        writer = subprocess.Popen(["cp", self.input, self.path("fifo")])
        output = self.succeed("run", self.model, self.path("fifo"))
        self.assertEqual(writer.wait(), 0)
        self.assertEqual(output, self.succeed("run", self.model, self.input))

    def test_file_as_standard_input(self):
        with open(self.input, "rb") as file:
            output = self.succeed("run", self.model, "-", stdin=file)
        self.assertEqual(output, self.succeed("run", self.model, self.input))
        self.write("behind", b"12345" + self.data)
        with open(self.path("behind"), "rb", buffering=0) as file:
            file.seek(5)
            self.assertEqual(output, self.succeed("run", self.model, "-",
                                                  stdin=file))

    def test_unreadable(self):
        for path, text in [("/nonexistent", "cannot open"),
                           (self.folder.name, "is a directory"),
                           (self.input + "/x", "cannot open")]:
            self.fail_with(IO, [f'"{path}"', text], "run", self.model, path)
            self.fail_with(IO, [f'"{path}"', text], "run", self.model,
                           self.input, "--h0", path)
        self.fail_with(WRONG, "not a .npy file", "run", self.model, "/dev/null")
        self.fail_with(IO, "cannot read", "run", self.model, "/proc/self/mem")

    def test_terminal(self):
        outer, inner = pty.openpty()
        self.fail_with(IO, ["standard input is a terminal", "pipe"], "run",
                       self.model, "-", stdin=inner)
        os.close(inner)
        os.close(outer)


main()
