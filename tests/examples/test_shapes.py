#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The example shapes: what it claims, and that it looks before it claims."""

import os
import re
from unittest import main, skipUnless

from support import Test

LAST = "the last row of h_n, the top layer's, is output[T-1]"
LOOP = ("a loop over layer 0's cell, x [2, 4] and h [2, 2] a step, ends in the "
        "first row of h_n")
ALL = "and its states are the output"
FORWARD = "output[T-1, :, :H] is the top layer's forward row of h_n"
REVERSE = "output[0, :, H:] is the top layer's reverse row of h_n"
REFUSED = "forward refuses it and says"
CLAIMS = [LAST, LOOP, ALL, LAST, LOOP, FORWARD, REVERSE, FORWARD, REVERSE,
          REFUSED]

# One wrong number: the call, the result, the element, and which claim fails.
# Elements are those of output [3,2,D*2], of h_n [L*D,2,2] and of a state [2,2].
WRONG = (
    *((1, "h_n", index, 0) for index in range(4)),
    *((1, "output", index, 0) for index in range(8, 12)),
    *((1, "output", index, 2) for index in range(8)),
    *((3, "cell", index, 1) for index in range(4)),
    # Of the first call, the last states are wrong too.
    *((2, "h_n", index, 4) for index in range(4)),
    *((2, "h_n", index, 3) for index in range(4, 8)),
    *((2, "output", index, 3) for index in range(8, 12)),
    *((6, "cell", index, 4) for index in range(4)),
    *((3, "h_n", index, 5) for index in range(4)),
    *((3, "h_n", index, 6) for index in range(4, 8)),
    *((3, "output", index, 5) for index in (16, 17, 20, 21)),
    *((3, "output", index, 6) for index in (2, 3, 6, 7)),
    *((4, "h_n", index, 7) for index in range(8, 12)),
    *((4, "h_n", index, 8) for index in range(12, 16)),
    *((4, "output", index, 7) for index in (16, 17, 20, 21)),
    *((4, "output", index, 8) for index in (2, 3, 6, 7)),
    (5, "status", 0, 9))


class Shapes(Test):
    PROGRAM = "shapes"

    def test_claims(self):
        output = self.succeed().decode()
        self.assertEqual(re.findall(r"(?m)^  (\w+:) (.*)$", output),
                         [("yes:", claim) for claim in CLAIMS])
        self.assertTrue(output.endswith(
            "\nh0 is [1, 2, 2]; a 2-layer bidirectional rnn with batch 2 needs "
            "[num_layers*num_directions=4, batch=2, hidden_size=2]: dimension "
            "0 is 1, not 4\n"))

    def test_tables(self):
        """Each row's shape has as many elements as it says, and all rows as
        many as the total."""
        tables = re.split(r"(?m)^== ", self.succeed().decode())[1:-1]
        sizes = [(1, 1), (2, 1), (1, 2), (2, 2)]
        self.assertEqual(len(tables), len(sizes))
        for table, (layers, directions) in zip(tables, sizes):
            count, I, H, B, T = 0, 4, 2, 2, 3
            for layer in range(layers):
                inputs = I if layer == 0 else directions * H
                for suffix in ("", "_reverse")[:directions]:
                    for name, shape in (("weight_ih", [H, inputs]),
                                        ("weight_hh", [H, H]),
                                        ("bias_ih", [H]), ("bias_hh", [H])):
                        row = re.search(rf"(?m)^{layer} .* {name}_l{layer}"
                                        rf"{suffix} +(\[.*\]) +(\d+)$", table)
                        product = shape[0] * (shape[1:] or [1])[0]
                        self.assertEqual(row.groups(),
                                         (str(shape), str(product)))
                        count += product
            self.assertRegex(table, rf"(?m)^total +{count}$")
            for name, shape in (("input", [T, B, I]),
                                ("h0", [layers * directions, B, H]),
                                ("output", [T, B, directions * H]),
                                ("h_n", [layers * directions, B, H])):
                self.assertIn(f"\n{name:7} {shape} ", table)

    @skipUnless("WRONG_LIBRARY" in os.environ, "needs the shared library")
    def test_sees_what_is_wrong(self):
        for call, result, index, claim in WRONG:
            process = self.start(env=os.environ | {
                "LD_PRELOAD": os.environ["WRONG_LIBRARY"],
                "WRONG_CALL": str(call), "WRONG_RESULT": result,
                "WRONG_INDEX": str(index)})
            code, output, errors = self.end(process)
            lines = re.findall(r"(?m)^  (\w+:) (.*)$", output.decode())
            with self.subTest(call=call, result=result, index=index):
                self.assertEqual((code, errors), (1, b""))
                self.assertEqual(
                    lines, [("yes:", text) for text in CLAIMS[:claim]] +
                    [("NO:", CLAIMS[claim])])


if __name__ == "__main__":
    main()
