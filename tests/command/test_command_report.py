#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""simplernn info, check, doctor, bench, --version, --help; misuse."""

import json
import os
import pathlib
import platform
import re
import subprocess
import unittest

from support import (COMMAND, DIGITS, ENVIRONMENT, HAVE_OPENBLAS, IO, MISUSE,
                     NO_MEMORY, OK, STATED, WORDS, WRONG, Test, join, main,
                     model, run)

SOURCE = pathlib.Path(__file__).resolve().parents[2] / "src/cli"
VERBS = ["info", "check", "run", "train", "bench", "doctor"]


class Usage(Test):
    def test_version(self):
        self.assertRegex(self.succeed("--version").decode(),
                         r"\Asimplernn \d+\.\d+\.\d+\n\Z")

    def test_help(self):
        overview = self.succeed("--help").decode()
        self.assertEqual(overview, self.succeed("-h").decode())
        for verb in VERBS:
            self.assertIn(f"\n  {verb} ", overview)
            text = self.succeed(verb, "--help").decode()
            self.assertTrue(text.startswith(f"usage: simplernn {verb}"), text)
            self.assertEqual(text, self.succeed(verb, "-h", "a", "b").decode())
            for option in re.findall(r"--[a-z0-9-]+", text):
                self.assertNotIn("is not an option",
                                 run(verb, option).stderr.decode())

    def test_documents_know_every_option(self):
        manual = (SOURCE / "simplernn.1.in").read_text().replace("\\-", "-")
        for verb in VERBS:
            text = self.succeed(verb, "--help").decode()
            options = set(re.findall(r"--[a-z0-9-]+", text))
            self.assertEqual(options, set(self.complete(verb, "--")))
            for option in options:
                self.assertIn(option, manual)

    def complete(self, *words, **options):
        """What bash offers for the last word."""
        return subprocess.run(
            ["bash", "-c", 'source "$1"; shift; COMP_WORDS=(simplernn "$@"); '
             'COMP_CWORD=$#; _simplernn; printf "%s\\n" "${COMPREPLY[@]}"',
             "bash", os.environ["SIMPLERNN_COMPLETION"], *words],
            check=True, text=True,
            stdout=subprocess.PIPE, **options).stdout.split()

    def test_completion(self):
        self.assertEqual(self.complete("d"), ["doctor"])
        self.assertEqual(set(self.complete("")),
                         {*VERBS, "--help", "--version"})
        self.assertEqual(self.complete("run", "--nonlinearity", "re"), ["relu"])
        self.assertEqual(self.complete("check", "--direction", ""),
                         ["forward", "reverse"])
        self.assertEqual(self.complete("info", DIGITS[:-4]), [DIGITS])
        for words in [("doctor", ""), ("--version", ""), ("--help", "/")]:
            self.assertEqual(self.complete(*words), [])

    def test_completion_of_values(self):
        """Bash parts words at "="."""
        for words in [("=",), ("=", "")]:
            self.assertEqual(self.complete("run", "--nonlinearity", *words),
                             WORDS)
        self.assertEqual(self.complete("run", "--nonlinearity", "=", "r"),
                         ["relu"])
        self.assertEqual(self.complete("info", "--steps", "=", "/"), [])
        for words in [("--h0", "=", DIGITS[:-4]), ("--h0", DIGITS[:-4])]:
            self.assertEqual(self.complete("run", *words), [DIGITS])

    def test_completion_of_operands(self):
        name = self.write("-odd", b"")
        self.assertEqual(self.complete("info", "--", "-o",
                                       cwd=self.folder.name), ["-odd"])
        self.assertEqual(self.complete("info", "--", name[:-1]), [name])
        self.assertEqual(self.complete("info", "--", "--st"), [])

    def test_misuse(self):
        for arguments, text in [
                ([], "no command"), (["walk"], '"walk"'),
                (["info"], "info needs MODEL"),
                (["run", "a"], "run needs MODEL INPUT.npy"),
                (["run", "a", "b", "c"], '"c" is one argument too many'),
                (["doctor", "a"], '"a" is one argument too many'),
                (["info", "a", "--steps"], '"--steps" needs a value'),
                (["info", "a", "--json=1"], '"--json=1" takes no value'),
                (["check", "a", "--json"], '"--json" is not an option'),
                (["info", "-x", "a"], '"-x" is not an option'),
                (["info", "-xh", "a"], '"-x" is not an option'),
                (["info", "a", "-hxy"], '"-x" is not an option'),
                (["info", os.fsdecode(b"-\xc3\xa9h"), "a"],
                 '"-\\xc3" is not an option'),
                (["info", "-h=1", "a"], '"-=" is not an option'),
                (["info", "--x-h", "a"], '"--x-h" is not an option'),
                (["info", "--s", "a"], '"--s" is not an option'),
                (["info", "a", "--batch", "0"], "1 to 1000000000"),
                (["info", "a", "--steps", "9999999999999999999"],
                 "1 to 1000000000"),
                (["info", "a", "--steps", "99999999999999999999"],
                 "1 to 1000000000"),
                (["bench", "a", "--threads", "257"], "1 to 256"),
                (["bench", "a", "--threads", "2x"], '--threads is "2x"'),
                (["bench", "a", "--threads", " 2"], '--threads is " 2"'),
                (["bench", "a", "--threads", "2 "], '--threads is "2 "'),
                (["bench", "a", "--threads", ""], '--threads is ""'),
                (["train", "a", "b", "--dropout", " 0.1"],
                 '--dropout is " 0.1"'),
                (["run", "a", "b", "--output", ""], "expected a file"),
                (["run", "a", "b", "--nonlinearity", "gelu"],
                 'is "gelu", expected ' + " or ".join(WORDS)),
                (["info", "a", "--direction", "bidirectional"],
                 "expected forward or reverse"),
                (["info", "a", "--flush-subnormals"], "is not an option"),
                (["bench", "a", "--resets", "b"], "is not an option"),
                (["run", "a", "b", "--fresh", ""], "expected a file")]:
            with self.subTest(arguments):
                self.fail_with(MISUSE, text, *arguments)

    def test_environment(self):
        for name in ["GEMM", "ISA", "NUM_THREADS"]:
            self.fail_with(MISUSE, f"SIMPLERNN_{name}", "doctor", env=dict(
                ENVIRONMENT, **{f"SIMPLERNN_{name}": "odd"}))

    def test_output_errors(self):
        for arguments in [["info", DIGITS], ["info", DIGITS, "--json"],
                          ["check", DIGITS], ["doctor"], ["--help"],
                          ["--version"], ["run", "--help"]]:
            with self.subTest(arguments), open("/dev/full", "wb") as full:
                self.check(run(*arguments, stdout=full), IO, "cannot write")
        # An error before the last line leaves no reason.
        self.write("long", model(layers=200))
        with open("/dev/full", "wb") as full:
            result = run("info", self.path("long"), stdout=full)
        self.check(result, IO, "standard output: cannot write")
        self.assertNotIn(b"Success", result.stderr)


class Info(Test):
    def test_text(self):
        text = self.succeed("info", DIGITS).decode()
        for line in ['prefix: "rnn."', "dtype: float32", "parameters: 8960",
                     "nonlinearity: tanh (from the file)",
                     "batch_first: true (from the file)",
                     "direction: bidirectional (from the file)",
                     "rnn: 2 layers, bidirectional, tanh, bias, batch first, "
                     "float32"]:
            self.assertIn(line + "\n", text)
        self.assertIn("\noutput  [2, 7, 64] ", self.succeed(
            "info", DIGITS, "--steps", 7, "--batch=2").decode())

    def test_json(self):
        value = json.loads(self.succeed("info", DIGITS, "--json"))
        shapes = value.pop("shapes")
        tensors = value.pop("tensors")
        self.assertEqual(value, {
            "file": DIGITS, "prefix": "rnn.", "dtype": "float32",
            "parameters": 8960, "input_size": 8, "hidden_size": 32,
            "num_layers": 2, "direction": "bidirectional",
            "direction_from": "file", "nonlinearity": "tanh",
            "nonlinearity_from": "file", "bias": True, "batch_first": True,
            "batch_first_from": "file", "dropout": 0.0,
            "dropout_from": "default", "file_types": ["F32"]})
        self.assertEqual(shapes, {
            "T": 100, "B": 1, "input": [1, 100, 8], "h0": [4, 1, 32],
            "output": [1, 100, 64], "h_n": [4, 1, 32]})
        self.assertEqual(tensors[0], {"name": "weight_ih_l0", "count": 256,
                                      "shape": [32, 8]})
        self.assertEqual(sum(t["count"] for t in tensors), 8960)

    def test_batch_first(self):
        silent = self.write("silent", model(metadata={}))
        for arguments, value, origin in [
                ([silent], False, "default"),
                ([silent, "--batch-first"], True, "option"),
                ([DIGITS, "--time-first"], False, "option")]:
            text = json.loads(self.succeed("info", *arguments, "--json"))
            self.assertEqual((text["batch_first"], text["batch_first_from"]),
                             (value, origin))
        self.assertIn(b"batch_first: false (from the command line)",
                      self.succeed("info", DIGITS, "--time-first"))

    def test_nonlinearity(self):
        silent = self.write("silent", model(metadata={}))
        says = self.write("says", model(metadata={"nonlinearity": "relu"}))
        for arguments, name, origin in [([silent], "tanh", "default"),
                                        ([silent, "--nonlinearity", "relu"],
                                         "relu", "option"),
                                        ([says], "relu", "file"),
                                        ([says, "--nonlinearity", "tanh"],
                                         "tanh", "option")]:
            value = json.loads(self.succeed("info", *arguments, "--json"))
            self.assertEqual(value["nonlinearity"], name)
            self.assertEqual(value["nonlinearity_from"], origin)
        self.assertIn(b"tanh (assumed, the file does not say)",
                      self.succeed("info", silent))
        self.assertIn(b"nonlinearity tanh (assumed, the file does not say), "
                      b"batch_first false (assumed, the file does not say), "
                      b"direction forward (from the file)\n",
                      self.succeed("check", silent))
        self.assertIn(b"nonlinearity relu (from the command line), batch_first "
                      b"true (from the command line), ",
                      self.succeed("check", silent, "--nonlinearity", "relu",
                                   "--batch-first"))

    def test_metadata_under_a_prefix(self):
        """What is for another network is not said of this one."""
        both = self.write("both", join(
            model(prefix="encoder.", metadata=STATED),
            model(prefix="decoder.",
                  metadata={"decoder.nonlinearity": "relu",
                            "decoder.direction": "reverse"})))
        for prefix, *words in [
                ("decoder.", 'nonlinearity relu (from the file, '
                 '"decoder.nonlinearity")', "batch_first false (from the file)",
                 'direction reverse (from the file, "decoder.direction")'),
                ("encoder.", "nonlinearity tanh (from the file)",
                 "batch_first false (from the file)",
                 "direction forward (from the file)")]:
            self.assertIn(", ".join(words) + "\n", self.succeed(
                "check", both, "--prefix", prefix).decode())
            table = self.succeed("info", both, "--prefix", prefix).decode()
            for line in words:
                self.assertIn(line.replace(" ", ": ", 1) + "\n", table)
        other = self.write("other", join(
            model(prefix="encoder.", metadata={"encoder.nonlinearity": "relu",
                                               "batch_first": "True"}),
            model(prefix="decoder.", metadata={})))
        self.assertIn("nonlinearity tanh (assumed, the file does not say), "
                      "batch_first true (from the file)",
                      self.succeed("check", other, "--prefix",
                                   "decoder.").decode())

    def test_dropout(self):
        says = self.write("says", model(layers=2, metadata={
            **STATED, "dropout": "0.25"}))
        self.assertIn(b"\ndropout: 0.25 (from the file)\n",
                      self.succeed("info", says))
        self.assertNotIn(b"dropout", self.succeed("info", DIGITS))
        value = json.loads(self.succeed("info", says, "--json"))
        self.assertEqual((value["dropout"], value["dropout_from"]),
                         (0.25, "file"))

    def test_dropout_matters_to_whom_it_is_shown(self):
        odd = self.write("odd", model(metadata={**STATED, "dropout": "2"}))
        for verb in ["info", "check"]:
            says = self.check(run(verb, odd), WRONG, '"dropout"', "0 to 1")
            self.assertNotIn(b"SRNN_OPTION", says.stderr)
        self.succeed("bench", odd, "--steps", "1")

    def test_direction(self):
        plain = self.write("plain", model())
        named = self.write("named", model(
            rename=lambda name: name + "_reverse"))
        both = self.write("both", model(directions=2))
        for arguments, name, origin in [
                ([plain], "forward", "file"), ([named], "reverse", "file"),
                ([both], "bidirectional", "file"),
                ([plain, "--direction", "reverse"], "reverse", "option")]:
            value = json.loads(self.succeed("info", *arguments, "--json"))
            self.assertEqual((value["direction"], value["direction_from"]),
                             (name, origin))

    def test_types_of_the_file(self):
        for dtype, text, types in [
                ("F16", "float32 (F16 in the file)", ["F16"]),
                ("BF16", "float32 (BF16 in the file)", ["BF16"]),
                ("F32", "float32", ["F32"]), ("F64", "float64", ["F64"]),
                ({"weight_ih_l0": "F16", "weight_hh_l0": "F64"},
                 "float64 (F16, F64, F32 in the file)",
                 ["F16", "F64", "F32"]),
                ({"weight_hh_l0": "F16"}, "float32 (F32, F16 in the file)",
                 ["F32", "F16"])]:
            path = self.write("typed", model(
                directions=2, dtype=dtype, prefix="rnn.", fill=abs,
                extra=[("head", [1])]))
            self.assertIn(f"\ndtype: {text}\n",
                          self.succeed("info", path).decode())
            value = json.loads(self.succeed("info", path, "--json"))
            self.assertEqual(value["file_types"], types)

    def test_cell(self):
        cell = self.write("cell", model(
            prefix="cell.", dtype="F16", biases=["ih"],
            rename=lambda name: name.replace("_l0", ""),
            extra=[("fc.weight", [1])]))
        text = self.succeed("info", cell).decode()
        self.assertIn('\nprefix: "cell."\n', text)
        self.assertIn("\ndtype: float32 (F16 in the file)\n", text)
        self.assertIn("4 parameters with 12 values, all finite, under the "
                      'prefix "cell."; zeros for 1 missing bias; 1 other '
                      "tensor; ", self.succeed("check", cell).decode())

    def test_absent_bias_of_one_direction(self):
        path = self.write("one", model(
            directions=2, biases=["ih", "hh"],
            rename=lambda name: "head" if name == "bias_hh_l0_reverse" else
            "rnn." + name))
        self.assertIn(b"8 parameters with 24 values, all finite, under the "
                      b'prefix "rnn."; zeros for 1 missing bias; 1 other '
                      b"tensor; ", self.succeed("check", path))

    def test_absent_biases_of_two_layers(self):
        path = self.write("two", model(layers=2, biases=["ih"]))
        self.assertIn(b'prefix ""; zeros for 2 missing biases; 0 other ',
                      self.succeed("check", path))

    def test_three_networks(self):
        path = self.write("three", join(join(model(prefix="a."),
                                             model(prefix="b.")),
                                        model(prefix="c.")))
        self.fail_with(WRONG, 'holds 3 networks, under the prefixes "a.", '
                       '"b." and others; choose one', "check", path)

    def test_extra_tensors(self):
        extra = self.write("extra", model(extra=[("head", [1])]))
        self.fail_with(WRONG, '"head"', "check", extra)
        self.assertIn(b"2 parameters with 8 values, all finite, under the "
                      b'prefix ""; 1 other tensor; ',
                      self.succeed("check", extra, "--allow-extra"))

    def test_prefix(self):
        two = self.write("two", model(prefix="a.", extra=[
            ("weight_ih_l0", [1, 1]), ("weight_hh_l0", [1, 1])]))
        self.fail_with(WRONG, ["2 networks", '"a."', '""', "--prefix"], "info",
                       two)
        value = json.loads(self.succeed("info", two, "--json", "--prefix=a."))
        self.assertEqual((value["prefix"], value["hidden_size"]), ("a.", 2))
        self.fail_with(WRONG, "is not a parameter", "info", two, "--prefix", "")
        self.fail_with(WRONG, 'prefix "b."', "info", two, "--prefix", "b.")

    def test_odd_file_name(self):
        path = os.fsencode(self.folder.name) + b"/odd\xff\n"
        with open(path, "wb") as file:
            file.write(model())
        name = os.fsdecode(path)
        self.assertIn(b"odd\\xff\\x0a\"\n", self.succeed("info", name))
        self.assertIsNone(json.loads(self.succeed("info", "--json",
                                                  name))["file"])


class Check(Test):
    def test_good(self):
        text = self.succeed("check", DIGITS).decode()
        self.assertIn(': ok: 16 parameters with 8960 values, all finite', text)
        self.assertIn('the prefix "rnn."; 2 other tensors; nonlinearity tanh '
                      '(from the file), batch_first true (from the file), '
                      'direction bidirectional (from the file)\n', text)

    def test_bad(self):
        whole = model()
        for name, data, texts in [
                ("cut", whole[:-1], "31 bytes"), ("empty", b"", "has 0 bytes"),
                ("nan", model(fill=lambda k: float("nan") if k == 2 else 0),
                 ['value 2 of 4 in "weight_ih_l0" is nan']),
                ("cell", model(fill=lambda k: float("nan") if k == 2 else 0,
                               rename=lambda name: name.replace("_l0", ""),
                               prefix="a."),
                 ['value 2 of 4 in "a.weight_ih" is nan']),
                ("inf", model(dtype="F64", fill=lambda k: float("inf")),
                 ["value 0 of 4", "inf"]),
                ("stranger", model(extra=[("head", [1])]), '"head"'),
                ("missing", whole.replace(b"weight_hh_l0", b"weight_hh_l1"),
                 "missing"),
                ("option", model(metadata={"nonlinearity": "gelu"}), "gelu")]:
            with self.subTest(name):
                path = self.write(name, data)
                self.fail_with(WRONG, texts, "check", path)
                if name not in ("nan", "cell", "inf"):
                    self.fail_with(WRONG, texts, "info", path)

    def test_unreadable(self):
        for path in ["/nonexistent", "/dev/null", self.folder.name]:
            self.fail_with(IO, f'"{path}"', "check", path)
        self.fail_with(MISUSE, "path", "check", "")


class Doctor(Test):
    WAYS = ["the same again", "each row of the batch alone", "in two calls",
            "two threads"] + [f"two threads, schedule {schedule}" for schedule
                              in ("batch", "directions", "layers", "columns")]

    def test_good(self):
        text = self.succeed("doctor").decode()
        for name in ["version", "compiler", "gemm", "isa", "isa in use",
                     "gemm in use", "threads"]:
            self.assertRegex(text, rf"(?m)^{name}: \S")
        self.assertRegex(text, r"(?m)^rates of a core: [1-9]\d* GFLOP/s, "
                               r"[1-9]\d* GB/s from L2, [1-9]\d* GB/s beyond; "
                               r"[0-3] of 3 measured, others assumed$")
        for way in self.WAYS:
            self.assertRegex(text, rf"(?m)^{way} +ok$")
        usable = re.search(r"(?m)^isa: (.*)$", text).group(1).split()
        used = re.search(r"(?m)^isa in use: (.*)$", text).group(1)
        self.assertIn(used, usable)
        if used != "baseline":
            for isa in set(usable) - {"baseline"}:
                self.assertRegex(text, rf"(?m)^isa {isa} +ok$")
        self.assertTrue(text.endswith("all bits are the same\n"))

    def test_baseline(self):
        if "baseline" in self.succeed("doctor").decode():
            self.assertIn(b"skipped", self.succeed("doctor", env=dict(
                ENVIRONMENT, SIMPLERNN_ISA="baseline")))

    @unittest.skipUnless(os.environ.get("FLIP_LIBRARY"),
                         "a static library or a sanitizer")
    def test_bad(self):
        text = self.fail_with(
            WRONG, "does not give the same bits", "doctor",
            env=dict(ENVIRONMENT, LD_PRELOAD=os.environ["FLIP_LIBRARY"]))
        lines = [line for line in text.decode().splitlines() if "DIFF" in line]
        if HAVE_OPENBLAS:
            self.assertRegex(lines.pop(), r"^gemm openblas.* DIFFERS "
                                          r"\(float64, one direction\)$")
        self.assertEqual(len(lines), 5)
        for line in lines:
            self.assertRegex(line, r"^two threads.* DIFFERS \(float32, one "
                                   r"direction\)$")


class OpenBlas(Test):
    """Where it is offered it must be installed. A core type in the environment
    is as if OpenBLAS took the processor for another."""
    INFO = r"OpenBLAS .*; core type (\w+); threads \d+"

    def run_on(self, core, *arguments):
        """Standard output and standard error."""
        environment = dict(ENVIRONMENT, SIMPLERNN_GEMM="openblas")
        environment.pop("OPENBLAS_CORETYPE", None)
        if core:
            environment["OPENBLAS_CORETYPE"] = core
        result = run(*arguments, env=environment)
        self.assertEqual(result.returncode, OK, result.stderr)
        return result.stdout.decode(), result.stderr.decode()

    def doctor(self, core=None):
        """The core type in use, and the line of the warning or ""."""
        text, error = self.run_on(core, "doctor")
        self.assertEqual(error, "")
        self.assertRegex(text, "(?m)^gemm openblas, within rounding +ok$")
        self.assertIn("\ngemm in use: openblas\n", text)
        used = re.search(rf"(?m)^openblas: {self.INFO}$", text).group(1)
        warning = re.search(r"(?m)^warning: (.*)$", text)
        return used, warning.group(1) if warning else ""

    @staticmethod
    def machine():
        """The flags of the first processor, and who made it."""
        text = pathlib.Path("/proc/cpuinfo").read_text()
        return [re.search(rf"(?m)^{name}\s*: (.*)$", text).group(1).split()
                for name in ("flags", "vendor_id")]

    @unittest.skipUnless(HAVE_OPENBLAS, "a build without OpenBLAS")
    def test_chosen(self):
        self.assertNotEqual(self.doctor()[0], "")
        self.assertRegex(self.succeed("doctor", env=ENVIRONMENT).decode(),
                         rf"(?m)^gemm in use: native\n(.*\n)?"
                         rf"openblas: {self.INFO}$")

    @unittest.skipUnless(HAVE_OPENBLAS and platform.machine() == "x86_64",
                         "OpenBLAS with core types of x86-64")
    def test_core_types(self):
        flags, (vendor,) = self.machine()
        wide = "avx512bw" in flags and vendor == "GenuineIntel"
        for core, needs, warns in [
                ("Prescott", "pni", "avx2" in flags),
                ("Sandybridge", "avx", "avx2" in flags),
                ("Haswell", "avx2", wide), ("Zen", "avx2", wide),
                ("SkylakeX", "avx512bw", False)]:
            if needs not in flags:
                continue
            with self.subTest(core):
                used, warning = self.doctor(core)
                self.assertEqual((used, warning != ""), (core, warns))
                if warns:
                    self.assertIn(f"kernels for {core}, which lack AVX",
                                  warning)
                    self.assertIn("AVX-512" if wide else "AVX2", warning)
                    self.assertTrue(warning.endswith(
                        f'unset OPENBLAS_CORETYPE, which is "{core}"'))

    @unittest.skipUnless(HAVE_OPENBLAS and platform.machine() == "x86_64" and
                         os.environ.get("PRETEND_LIBRARY"),
                         "a build without OpenBLAS on x86-64, a static "
                         "library or a sanitizer")
    def test_advice(self):
        flags, (vendor,) = self.machine()
        wide = "avx512bw" in flags and vendor == "GenuineIntel"
        best = ("SkylakeX" if wide else "Zen" if vendor == "AuthenticAMD"
                else "Haswell")
        environment = dict(ENVIRONMENT,
                           LD_PRELOAD=os.environ["PRETEND_LIBRARY"])
        environment.pop("OPENBLAS_CORETYPE", None)
        for build, core, advice in [
                ("DYNAMIC_ARCH", "Nehalem", f"set OPENBLAS_CORETYPE={best} in "
                 "the environment, or install a newer OpenBLAS"),
                ("SINGLE_THREADED", "Nehalem", "install an OpenBLAS that "
                 "chooses its kernels when it starts (DYNAMIC_ARCH)"),
                ("DYNAMIC_ARCH", best, None),
                ("DYNAMIC_ARCH", "Opteron_SSE4", None)]:  # there is none
            environment["PRETEND"] = (f"OpenBLAS 0.3.9 {build}; core type "
                                      f"{core}; threads 1")
            text = self.succeed("doctor", env=environment).decode()
            with self.subTest(build + core):
                self.assertIn(f"\nopenblas: {environment['PRETEND']}\n", text)
                if advice and "avx2" in flags:
                    self.assertIn(f"machine has it: {advice}\n", text)
                else:
                    self.assertNotIn("warning", text)

    @unittest.skipUnless(HAVE_OPENBLAS and platform.machine() == "x86_64",
                         "OpenBLAS with core types of x86-64")
    def test_bench(self):
        used, warning = self.doctor("Prescott")
        text, error = self.run_on("Prescott", "bench", DIGITS)
        self.assertRegex(text, "(?m)^gemm: openblas$")
        self.assertRegex(text, rf"(?m)^openblas: {self.INFO}$")
        self.assertEqual(error, f"simplernn: warning: {warning}\n" if warning
                         else "")
        text, same = self.run_on("Prescott", "bench", DIGITS, "--json")
        self.assertEqual(same, error)
        value = json.loads(text)
        self.assertEqual(value["gemm"], "openblas")
        self.assertIn(f"; core type {used}; ", value["gemm_info"])

    @unittest.skipIf(HAVE_OPENBLAS, "a build with OpenBLAS")
    def test_left_out(self):
        self.assertRegex(self.succeed("doctor").decode(),
                         "(?m)^openblas: cannot be used: this build has no ")

    @unittest.skipUnless(HAVE_OPENBLAS and os.environ.get("HIDE_LIBRARY"),
                         "a build without OpenBLAS or of a sanitizer")
    def test_not_installed(self):
        environment = dict(ENVIRONMENT, LD_PRELOAD=os.environ["HIDE_LIBRARY"])
        text = self.succeed("doctor", env=environment).decode()
        self.assertRegex(text, r'(?m)^openblas: cannot be used: .*"libopenblas-'
                               r"hidden\.so\.0: cannot open .*install it .*"
                               r"libopenblas0-pthread")
        self.assertNotIn("gemm openblas", text)
        self.assertTrue(text.endswith("all bits are the same\n"))
        for command in [["doctor"], ["bench", DIGITS]]:
            self.fail_with(MISUSE, ["cannot load OpenBLAS", "install it"],
                           *command,
                           env=dict(environment, SIMPLERNN_GEMM="openblas"))


class Bench(Test):
    def test_text(self):
        text = self.succeed("bench", DIGITS, "--threads", 1).decode()
        for pattern in ["steps: 100", "batch: 1", "isa: .*", "threads: 1",
                        r"median: [\d.]+ us", r"min: [\d.]+ us",
                        r"per step: [\d.]+ ns", r"speed: [\d.]+ GFLOP/s"]:
            self.assertRegex(text, rf"(?m)^{pattern}$")

    def test_json(self):
        value = json.loads(self.succeed("bench", DIGITS, "--json", "--steps",
                                        10, "--batch", 3))
        self.assertEqual((value["steps"], value["batch"]), (10, 3))
        self.assertLessEqual(0, value["min_us"])
        self.assertLessEqual(value["min_us"], value["median_us"])
        self.assertAlmostEqual(value["ns_per_step"],
                               100 * value["median_us"], delta=0.1 *
                               value["ns_per_step"])
        operations = 2 * 10 * 3 * (2 * 32 * (8 + 32) + 2 * 32 * (64 + 32))
        self.assertAlmostEqual(value["gflops"] * value["median_us"] * 1e3,
                               operations, delta=1e-3 * operations)
        self.assertGreaterEqual(value["samples"], 3)
        self.assertEqual((value["gemm"], value["gemm_info"]), ("native", ""))

    def test_bad(self):
        self.fail_with(IO, "cannot open", "bench", "/nonexistent")

    def test_sizes(self):
        """The message names the options and the shape."""
        many = 10**9
        for metadata, shape in [
                (STATED, "[1000000000, {}, 3]"),
                ({**STATED, "batch_first": "true"}, "[{}, 1000000000, 3]")]:
            path = self.write("model", model(3, metadata=metadata))
            for batch, code, text in [
                    (many, MISUSE, "would need more than 2^63 - 1 bytes"),
                    (many // 10, NO_MEMORY, "cannot allocate")]:
                self.fail_with(code, [
                    f"--steps 1000000000 and --batch {batch} make the input "
                    f"{shape.format(batch)}: ", text], "bench", path,
                    "--steps", many, "--batch", batch)


main()
