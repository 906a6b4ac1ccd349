#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Holds gradients against PyTorch's autograd in float64: random networks with
lengths, resets, dropout and every option.

    pip install torch==2.13.0 numpy
    cmake --build build --target gradients
    python compare_gradients.py build/tests/gradients [CASES [FIRST]]

In float64, an error is relative to the largest entry of its array. In float32,
it is relative to the largest entry of all arrays of the case, because an array
may be no more than what rounding leaves of larger numbers; relu is left out,
because both sides may round a sum near 0 to different signs. The largest error
of each dtype is printed. A failure names its case, which is the seed of all its
choices.
"""

import pathlib
import subprocess
import sys

import torch

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "golden"))
from make_gradients import ACTIVATIONS, names_of, run  # noqa: E402

BOUNDS = {torch.float64: 1e-12, torch.float32: 2e-6}
WORDS = {torch.float64: "FLOAT64", torch.float32: "FLOAT32"}
GIVEN = "lengths resets h0 fresh d_output d_h_n".split()
SMALL = [1, 2, 3, 5, 8, 9, 13, 17, 32]
LARGE = SMALL + [33, 40, 64, 65, 80, 130]


class Draws:
    def __init__(self, number):
        self.generator = torch.Generator().manual_seed(number)

    def below(self, limit):
        return int(torch.randint(limit, (1,), generator=self.generator))

    def pick(self, values):
        return values[self.below(len(values))]

    def values(self, dtype, *shape):
        """[-1,1), exact in the dtype, as float64."""
        unit = torch.rand(*shape, generator=self.generator, dtype=dtype)
        return unit.double() * 2 - 1


def pick_shapes(draws):
    """Few sequences, many (more than a block holds) or some."""
    kind = draws.below(20)
    if kind == 0:
        return {"I": draws.pick(SMALL[:5]), "H": draws.pick(SMALL[:5]),
                "T": 1 + draws.below(4), "B": 500 + draws.below(700)}
    return {"I": draws.pick(SMALL if kind > 4 else LARGE),
            "H": draws.pick(SMALL if kind > 4 else LARGE),
            "T": 1 + draws.below(15), "B": 1 + draws.below(8)}


def pick_case(draws):
    case = pick_shapes(draws)
    case["L"] = 1 + draws.below(3)
    case["direction"] = draws.pick(["FORWARD", "REVERSE", "BIDIRECTIONAL"])
    case["D"] = 1 + (case["direction"] == "BIDIRECTIONAL")
    case["reverse"] = case["direction"] == "REVERSE"
    case["bias"] = draws.below(2)
    case["dtype"] = draws.pick(list(BOUNDS))
    acts = [act for act in ACTIVATIONS
            if act != "relu" or case["dtype"] == torch.float64]
    case["act"] = draws.pick(acts)
    case["p_eighths"] = draws.below(9) * draws.below(2)
    case["seed"] = draws.below(2**62)
    case["first_row"] = draws.below(2**31)
    case["adds"] = draws.below(2)
    return case


def make_parameters(draws, case):
    """As the library's own values are: at most 1 / sqrt(H)."""
    H, values = case["H"], {}
    for kind, name, layer in names_of(case):
        inputs = case["D"] * H if layer else case["I"]
        shape = {"weight_ih": [H, inputs], "weight_hh": [H, H]}.get(kind, [H])
        value = draws.values(case["dtype"], *shape) / H**0.5
        values[name] = value.to(case["dtype"]).double()
    return values


def make_arrays(draws, case):
    """The input and what may be given or not. The padding is finite, because
    where() of PyTorch makes NaN of NaN * 0."""
    T, B, H, D, dtype = (case[key] for key in "T B H D dtype".split())
    states = case["L"] * D, B, H
    shapes = {"h0": states, "fresh": states, "d_output": (T, B, D * H),
              "d_h_n": states}
    arrays = {"input": draws.values(dtype, T, B, case["I"]),
              "lengths": torch.tensor([draws.below(T + 1) for _ in range(B)]),
              "resets": draws.values(dtype, T, B) < -0.6}
    arrays.update({name: draws.values(dtype, *shape)
                   for name, shape in shapes.items()})
    absent = {"lengths": torch.full([B], T), "resets": torch.zeros(T, B) > 0}
    given = 0
    for bit, name in enumerate(GIVEN):
        if draws.below(4):
            given |= 1 << bit
        else:
            arrays[name] = absent.get(name, torch.zeros_like(arrays[name]))
    return arrays, given


def differentiate(case, parameters, arrays):
    """What autograd gives, in the order of the answer."""
    variables = [arrays[name].requires_grad_()
                 for name in ("input", "h0", "fresh")]
    variables += [value.requires_grad_() for value in parameters.values()]
    output, h_n = run(case, list(parameters.values()), arrays["input"],
                      arrays["lengths"], arrays["resets"], arrays["h0"],
                      arrays["fresh"])
    # d_output of the padding is not read.
    exists = (torch.arange(case["T"]).unsqueeze(1) < arrays["lengths"])
    weights = arrays["d_output"] * exists.unsqueeze(2)
    loss = (output * weights).sum() + (h_n * arrays["d_h_n"]).sum()
    return [output.detach(), h_n.detach(),
            *torch.autograd.grad(loss, variables, allow_unused=True,
                                 materialize_grads=True)]


class Program:
    def __init__(self, path):
        self.process = subprocess.Popen([path], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE)

    def send(self, case, parameters, arrays, given, before):
        line = [case["I"], case["H"], case["L"], case["direction"],
                case["act"].upper(), case["bias"], WORDS[case["dtype"]],
                case["T"], case["B"], case["p_eighths"] / 8, case["seed"],
                case["first_row"], case["adds"], given]
        sent = [*parameters.values(), arrays["input"]]
        sent += [arrays[name] for bit, name in enumerate(GIVEN)
                 if given >> bit & 1]
        sent += before if case["adds"] else []
        self.process.stdin.write(" ".join(map(str, line)).encode() + b"\n")
        for tensor in sent:
            self.process.stdin.write(
                tensor.detach().double().contiguous().numpy().tobytes())
        self.process.stdin.flush()

    def receive(self, like):
        data = self.process.stdout.read(8 * like.numel())
        if len(data) != 8 * like.numel():
            sys.exit("the program ended")
        if not data:
            return like
        return torch.frombuffer(bytearray(data), dtype=torch.float64).reshape(
            like.shape)


def largest(tensor):
    return tensor.abs().max().item() if tensor.numel() else 0


def check(program, number):
    """The dtype, and the largest error."""
    draws = Draws(number)
    case = pick_case(draws)
    parameters = make_parameters(draws, case)
    arrays, given = make_arrays(draws, case)
    before = [draws.values(case["dtype"], *value.shape)
              for value in parameters.values()]
    program.send(case, parameters, arrays, given, before)
    wanted = differentiate(case, parameters, arrays)
    names = ["output", "h_n", "d_input", "d_h0", "d_fresh", *parameters]
    if case["adds"]:
        wanted[5:] = [a + b for a, b in zip(wanted[5:], before)]
    all_largest = max(map(largest, wanted))
    worst = 0
    for name, value in zip(names, wanted):
        scale = (largest(value) if case["dtype"] == torch.float64
                 else all_largest)
        error = largest(program.receive(value) - value) / (scale or 1)
        if not error <= BOUNDS[case["dtype"]]:
            sys.exit(f"case {number}: {name} is off by {error} in {case}")
        worst = max(worst, error)
    return case["dtype"], worst


def main():
    torch.set_num_threads(1)
    program = Program(sys.argv[1])
    cases = int(sys.argv[2]) if len(sys.argv) > 2 else 5000
    first = int(sys.argv[3]) if len(sys.argv) > 3 else 0
    worst = {dtype: 0 for dtype in BOUNDS}
    for number in range(first, first + cases):
        dtype, error = check(program, number)
        worst[dtype] = max(worst[dtype], error)
    print(f"{cases} cases agree with PyTorch {torch.__version__}:",
          ", ".join(f"{WORDS[dtype]} at most {error:.2g}"
                    for dtype, error in worst.items()))


if __name__ == "__main__":
    main()
