#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""simplernn run --head: what a linear layer makes of the states."""

from support import MISUSE, ORDER, WRONG, Test, main, model, npy, read_npy

STEPS, BATCH, FEATURES, OUT = 4, 3, 2, 7
RELU = ("--nonlinearity", "relu")
VALUES = [float(k % 5 - 1) for k in range(STEPS * BATCH * 2)]  # [T, B, I]
LENGTHS = [4, 1, 2]


def with_head(directions=1, bias=True, out=OUT, prefix="fc.", **options):
    """A network with a linear layer of small integers behind it."""
    extra = [(prefix + "weight", [out, directions * FEATURES])]
    extra += [(prefix + "bias", [out])] if bias else []
    return model(directions=directions, prefix="rnn.", extra=extra, **options)


def linear(features, bias=True, out=OUT):
    """That layer: each tensor is (3k + 1) % 4 - 1, as model() fills it."""
    fill = [(3 * k + 1) % 4 - 1 for k in range(out * len(features))]
    width = len(features)
    return [sum(fill[o * width + i] * features[i] for i in range(width)) +
            (fill[o] if bias else 0) for o in range(out)]


def rows(values, width):
    return [values[i:i + width] for i in range(0, len(values), width)]


def flat(lists):
    return [value for part in lists for value in part]


class Head(Test):
    def setUp(self):
        super().setUp()
        self.model = self.write("model", with_head())
        self.input = self.write("input", npy([STEPS, BATCH, 2], VALUES))
        self.lengths = self.write("lengths", npy([BATCH], LENGTHS, "<i8"))

    def states(self, *arguments):
        """Output and h_n of the same run without a head."""
        output = read_npy(self.succeed("run", *arguments, *RELU, "--hidden",
                                       self.path("h_n")))
        return output, read_npy(self.read("h_n"))

    def head(self, *arguments):
        return read_npy(self.succeed("run", *arguments, *RELU, "--head",
                                     "fc."))

    def test_every_step(self):
        for options in [{}, {"bias": False}, {"directions": 2},
                        {"dtype": "F64"}]:
            path = self.write("other", with_head(**options))
            (descr, shape, values), _ = self.states(path, self.input)
            wanted = [linear(row, options.get("bias", True))
                      for row in rows(values, shape[2])]
            self.assertEqual(self.head(path, self.input),
                             (descr, (STEPS, BATCH, OUT), flat(wanted)))

    def test_last_step(self):
        """Each sequence has its own end, in each direction."""
        for directions in [1, 2]:
            path = self.write("other", with_head(directions, layers=2))
            for lengths in [[], ["--lengths", self.lengths]]:
                _, (_, shape, h_n) = self.states(path, self.input, *lengths)
                self.assertEqual(shape, (2 * directions, BATCH, 2))
                states = rows(rows(h_n, 2), BATCH)[-directions:]
                wanted = [linear(flat(half[b] for half in states))
                          for b in range(BATCH)]
                self.assertEqual(
                    self.head(path, self.input, "--last-step", *lengths),
                    (ORDER + "f4", (BATCH, OUT), flat(wanted)))

    def test_padding(self):
        (_, _, values), _ = self.states(self.model, self.input, "--lengths",
                                        self.lengths)
        logits = [linear(row) if k // BATCH < LENGTHS[k % BATCH] else OUT * [0]
                  for k, row in enumerate(rows(values, 2))]
        options = [self.model, self.input, "--lengths", self.lengths]
        self.assertEqual(self.head(*options)[2], flat(logits))
        self.assertEqual(
            self.head(*options, "--classes"),
            (ORDER + "i8", (STEPS, BATCH),
             [row.index(max(row)) if k // BATCH < LENGTHS[k % BATCH] else -100
              for k, row in enumerate(logits)]))

    def test_batch_first(self):
        turned = [VALUES[2 * (t * BATCH + b) + i] for b in range(BATCH)
                  for t in range(STEPS) for i in range(2)]
        path = self.write("turned", npy([BATCH, STEPS, 2], turned))
        for more in [["--last-step"], [], ["--classes"],
                     ["--last-step", "--classes"]]:
            options = ["--lengths", self.lengths, *more]
            _, shape, values = self.head(self.model, self.input, *options)
            own = self.head(self.model, path, "--batch-first", *options)[2]
            if "--last-step" in more:
                self.assertEqual(own, values)
                continue
            width = len(values) // (STEPS * BATCH)
            cells = rows(values, width)
            self.assertEqual(own, flat(cells[t * BATCH + b]
                                       for b in range(BATCH)
                                       for t in range(STEPS)))

    def test_classes(self):
        """The first of several that are equal."""
        logits = rows(self.head(self.model, self.input)[2], OUT)
        self.assertTrue(any(row.count(max(row)) > 1 for row in logits))
        self.assertEqual(self.head(self.model, self.input, "--classes"),
                         (ORDER + "i8", (STEPS, BATCH),
                          [row.index(max(row)) for row in logits]))

    def test_no_batch(self):
        path = self.write("one", npy([STEPS, 2], VALUES[:2 * STEPS]))
        batch = self.write("batch", npy([STEPS, 1, 2], VALUES[:2 * STEPS]))
        length = self.write("length", npy([1], [2], "<i8"))
        for more in [[], ["--last-step"], ["--lengths", length]]:
            for last in [[], ["--classes"]]:
                descr, shape, values = self.head(self.model, batch, *more,
                                                 *last)
                shape = shape[1:] if "--last-step" in more else (
                    shape[:1] + shape[2:])
                self.assertEqual(self.head(self.model, path, *more, *last),
                                 (descr, shape, values))

    def test_hidden_stays(self):
        _, hidden = self.states(self.model, self.input)
        self.head(self.model, self.input, "--hidden", self.path("own"))
        self.assertEqual(read_npy(self.read("own")), hidden)

    def test_no_sequences(self):
        for shape, last in [([0, BATCH, 2], (BATCH, OUT)),
                            ([STEPS, 0, 2], (0, OUT))]:
            path = self.write("none", npy(shape, []))
            self.assertEqual(self.head(self.model, path)[1],
                             (*shape[:2], OUT))
            self.assertEqual(self.head(self.model, path, "--last-step")[1],
                             last)

    def test_refused(self):
        wide = self.write("wide", model(prefix="rnn.", extra=[
            ("fc.weight", [3, 5])]))
        self.fail_with(WRONG, ['under "fc." is [3, 5]', "in_features=2"],
                       "run", wide, self.input, "--head", "fc.")
        self.fail_with(WRONG, 'under the prefix "head."', "run", self.model,
                       self.input, "--head", "head.")
        for option in ["--last-step", "--classes"]:
            self.fail_with(MISUSE, f"{option} needs --head", "run", self.model,
                           self.input, option)
        old = self.write("old", b"old")
        self.fail_with(WRONG, "in_features", "run", wide, self.input, "--head",
                       "fc.", "--output", old)
        self.assertEqual(self.read("old"), b"old")


main()
