#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""simplernn info --svg and --draw. All shapes are compared with those of info
--json, and texts with each other: none may cover another one or a line. Their
bytes are those of pictures.txt, which this writes if RECORD_PICTURES is set."""

import hashlib
import json
import os
import pathlib
import re
import stat
import xml.etree.ElementTree

from support import (DIGITS, IO, MISUSE, WORDS, WRONG, Test, main, model,
                     run)

PICTURES = (pathlib.Path(__file__).resolve().parents[2] /
            "docs/guide/pictures")
RECORDED = pathlib.Path(__file__).with_name("pictures.txt")
BOTH = ("ih", "hh")


def reverse(name):
    return name + "_reverse"


def of_a_cell(name):
    return name.replace("_l0", "")


# What the guide shows, in its sizes: T=3, B=2, I=4, H=2.
REFERENCE = {
    "cell": {"rename": of_a_cell},
    "one_layer": {},
    "two_layers": {"layers": 2},
    "both_directions": {"directions": 2},
    "two_layers_both_directions": {"layers": 2, "directions": 2},
}
OTHERS = {
    "reverse": {"rename": reverse},
    "two reverse": {"layers": 2, "rename": reverse},
    "no bias": {"layers": 2, "biases": ()},
    "one bias": {"directions": 2, "biases": ("ih",)},
    **{word: {"metadata": {"nonlinearity": word, "batch_first": "true"}}
       for word in WORDS},
    "prefix": {"layers": 2, "prefix": "encoder.rnn."},
    "float64": {"dtype": "F64"},
    "three": {"layers": 3, "directions": 2},
    "four": {"layers": 4},
    "four both": {"layers": 4, "directions": 2},
    "five": {"layers": 5},
    "six": {"layers": 6, "biases": ("ih",)},
    "twelve": {"layers": 12, "directions": 2},
    "wide": {"inputs": 80, "hidden": 120, "layers": 2, "directions": 2},
    "deep": {"inputs": 1, "hidden": 1, "layers": 1200, "directions": 2},
}
SIZES = [(3, 2, "--time-first"), (3, 2, "--batch-first"),
         (1, 1, "--time-first"), (2, 30, "--batch-first"),
         (4, 2, "--time-first"), (100, 7, "--batch-first"),
         (3, 10 ** 9, "--time-first"), (10 ** 9, 10 ** 9, "--time-first")]


def bracket(shape):
    return "[" + ", ".join(map(str, shape)) + "]"


class Expected:
    """What a picture must show, out of what info --json says."""

    def __init__(self, info, biases, rename):
        self.info, self.is_cell = info, rename is of_a_cell
        self.absent = "bias_hh" if biases == ("ih",) else "none"
        shapes = info["shapes"]
        self.T, self.B, L = shapes["T"], shapes["B"], info["num_layers"]
        self.layers = list(range(L)) if L <= 4 else [0, 1, L - 1]
        self.suffixes = {"forward": [""], "reverse": ["_reverse"],
                         "bidirectional": ["", "_reverse"]}[info["direction"]]
        self.steps = list(range(self.T)) if self.T <= 3 else [0, 1, self.T - 1]
        self.hidden = shapes["h0"]
        self.state = bracket(shapes["h0"][1:])
        time = 1 if info["batch_first"] else 0
        self.step = {role: bracket(shapes[role][:time] +
                                   shapes[role][time + 1:])
                     for role in ("input", "output")}

    def row(self, layer, suffix):
        return (layer * len(self.suffixes) + self.suffixes.index(suffix))

    def weights(self, layer, suffix):
        """{name: shape} of a cell."""
        return {t["name"]: bracket(t["shape"]) for t in self.info["tensors"]
                if re.fullmatch(rf"\w+_l{layer}{suffix}", t["name"])}

    def named(self):
        """Every name with a shape, except those of layers left out."""
        shapes = self.info["shapes"]
        if self.is_cell:
            named = {"input of a step": self.step["input"]}
        else:
            named = {"input": bracket(shapes["input"]),
                     "output": bracket(shapes["output"])}
        between = set(self.layers[:-1])
        if len(self.layers) < self.info["num_layers"]:
            between.add(self.info["num_layers"] - 2)
        for layer in between:
            named[f"output of layer {layer}"] = bracket(shapes["output"])
        for layer in self.layers:
            for suffix in self.suffixes:
                for name, shape in self.weights(layer, suffix).items():
                    name = of_a_cell(name) if self.is_cell else name
                    named[name] = (shape + " absent: 0" *
                                   name.startswith(self.absent))
        if len(self.layers) < self.info["num_layers"]:
            short = {"weight_ih": "W_ih", "weight_hh": "W_hh",
                     "bias_ih": "b_ih", "bias_hh": "b_hh"}
            for name, shape in self.weights(2, self.suffixes[0]).items():
                named["each " + short[name.split("_l")[0]]] = shape
        return named


def compare_with_recorded(kind, hashes):
    """A line each: the kind, the model and the hash."""
    lines = RECORDED.read_text().splitlines()
    recorded = {line for line in lines if line.startswith(kind + " ")}
    found = {f"{kind} {name}: {digest.hexdigest()[:32]}"
             for name, digest in hashes.items()}
    if os.environ.get("RECORD_PICTURES"):
        RECORDED.write_text("\n".join(
            sorted(found | set(lines) - recorded)) + "\n")
    elif found != recorded:
        raise AssertionError("these pictures changed: " +
                             ", ".join(sorted(found ^ recorded)))


class PictureTest(Test):
    def for_all(self, kind, check):
        """Every model in some sizes, with what its picture must show. check()
        returns what was drawn."""
        hashes = {}
        for name, options in {**REFERENCE, **OTHERS}.items():
            options = {"inputs": 4, "biases": BOTH, "fill": lambda k: 0,
                       **options}
            path = self.write(name, model(**options))
            hashes[name] = hashlib.sha256()
            for T, B, layout in SIZES:
                arguments = [path, "--steps", T, "--batch", B, layout]
                with self.subTest(name, T=T, B=B, layout=layout):
                    info = json.loads(self.succeed("info", *arguments,
                                                   "--json"))
                    hashes[name].update(check(arguments, name, Expected(
                        info, options["biases"], options.get("rename", str))))
        compare_with_recorded(kind, hashes)


class Text:
    """A text of a picture, and how much room it takes with common fonts."""

    def __init__(self, node):
        self.text, self.kind = node.text, node.get("class", "")
        self.x, self.y = int(node.get("x")), int(node.get("y"))
        size, advance = 12, 0.605  # of DejaVu Sans Mono
        if "name" in self.kind:
            size, advance = 13, 0.6
        elif "heading" in self.kind:
            size, advance = 17, 0.6
        self.width = len(self.text) * size * advance
        self.left = self.x - self.width / 2 * ("center" in self.kind)
        self.right = self.left + self.width
        self.top, self.bottom = self.y - 0.76 * size, self.y + 0.24 * size

    def meets(self, left, right, top, bottom):
        return (self.left < right and left < self.right and
                self.top < bottom and top < self.bottom)


class Picture:
    def __init__(self, data):
        root = xml.etree.ElementTree.fromstring(data)
        space = "{http://www.w3.org/2000/svg}"
        assert root.tag == space + "svg", root.tag
        self.width = int(root.get("width"))
        self.height = int(root.get("height"))
        assert root.get("viewBox") == f"0 0 {self.width} {self.height}"
        self.title = root.find(space + "title").text
        self.description = root.find(space + "desc").text
        self.style = root.find(space + "style").text
        self.texts = [Text(node) for node in root.iter(space + "text")]
        self.boxes = [(node.get("class"), *(int(node.get(key)) for key in
                                            ("x", "y", "width", "height")))
                      for node in root.iter(space + "rect")]
        self.lines = [(node.get("class"), *map(int, found.groups()))
                      for node in root.iter(space + "path")
                      for found in [re.match(r"M(\d+) (\d+)L(\d+) (\d+)",
                                             node.get("d"))] if found]
        # Each has a head at its end: left, right, top and bottom.
        self.heads = [(x - 4, x + 4, y, y + 8) if from_x == x else
                      (min(x, x + way), max(x, x + way), y - 4, y + 4)
                      for _, from_x, _, x, y in self.lines
                      for way in [8 if from_x > x else -8]]
        self.kinds = {word for node in root.iter() if node.get("class")
                      for word in node.get("class").split()}

    def find(self, text):
        return [t for t in self.texts if t.text == text]

    def named(self):
        """{name: shape} of what stands at the left."""
        left = min(t.x for t in self.texts if "name" in t.kind)
        shape = min(t.x for t in self.texts if t.x > left and not t.kind)
        names = {t.y: t.text for t in self.texts if t.x == left}
        return {names[t.y]: t.text for t in self.texts if t.x == shape}

    def band(self, name):
        """What lies right of a name, in the band of its cell."""
        title, = self.find(name)
        band, = [box for box in self.boxes if box[0] in ("fb", "rb", "nb") and
                 box[3] > 100 and box[2] <= title.y <= box[2] + box[4]]
        return band[2], band[2] + band[4]


class Svg(PictureTest):
    def picture(self, *arguments):
        self.assertEqual(self.succeed("info", *arguments, "--svg",
                                      self.path("picture.svg")), b"")
        return Picture(self.read("picture.svg"))

    def test_shapes(self):
        self.for_all("svg", self.check_shapes)

    def check_shapes(self, arguments, _, expected):
        picture = self.picture(*arguments)
        named = expected.named()
        for what, shape in named.items():
            if not what.startswith("each "):
                self.assertIn(f"{what} {shape}", picture.description)
        if not expected.is_cell:
            named["h0 and h_n"] = bracket(expected.hidden)
        self.assertEqual(picture.named(), named)
        self.check_steps(picture, expected)
        for layer in expected.layers:
            for suffix in expected.suffixes:
                self.check_cell(picture, expected, layer, suffix)
        self.check_room(picture)
        return self.read("picture.svg")

    def check_steps(self, picture, expected):
        """The axis, and the steps of input and output."""
        axis = (["each step"] if expected.is_cell else
                [f"t={t}" for t in expected.steps])
        if expected.T > 3 and not expected.is_cell:
            axis.insert(2, "...")
        self.assertEqual([t.text for t in picture.texts
                          if t.kind == "center remark"], axis)
        front = ":, " if expected.info["batch_first"] else ""
        steps = ["t"] if expected.is_cell else expected.steps
        roles = ["input"] if expected.is_cell else ["input", "output"]
        for role in roles:
            for t in steps:
                text = f"{role}[{front}{t}] {expected.step[role]}"
                self.assertEqual(len(picture.find(text)), 1, text)

    def check_cell(self, picture, expected, layer, suffix):
        """Its boxes, and states from h0 to h_n in the direction of time."""
        back = suffix == "_reverse"
        top, bottom = picture.band(
            "cell" if expected.is_cell else
            f"layer {layer} {'reverse' if back else 'forward'}")
        inside = [t for t in picture.texts if top < t.y < bottom]
        weights = list(expected.weights(layer, suffix).values())
        boxes = [t.x for t in inside if t.text == f"W_ih {weights[0]}"]
        self.assertEqual(boxes, [t.x for t in inside
                                 if t.text == f"W_hh {weights[1]}"])
        self.assertEqual(len(boxes),
                         1 if expected.is_cell else len(expected.steps))
        row = expected.row(layer, suffix)
        names = (("h", "h'") if expected.is_cell else
                 (f"h0[{row}]", f"h_n[{row}]"))
        (h0,), (h_n,) = ([t for t in inside if t.text == name]
                         for name in names)
        self.assertTrue(h_n.x < min(boxes) <= max(boxes) < h0.x if back else
                        h0.x < min(boxes) <= max(boxes) < h_n.x)
        for end in (h0, h_n):
            self.assertIn((end.x, expected.state),
                          [(t.x, t.text) for t in inside])
        arrows = [(kind, to < x) for kind, x, y, to, to_y in picture.lines
                  if y == to_y and top < y < bottom]
        self.assertEqual(set(arrows), {("r" if back else "f", back)})
        gap = not expected.is_cell and expected.T > 3
        self.assertEqual(len(arrows), len(boxes) + 1 + gap)
        # One at each end, and one from each step to another.
        self.assertEqual([t.text for t in inside if t.kind == "center"].count(
            expected.state), len(boxes) + 1)

    def check_room(self, picture):
        """No text covers a text or a line, or leaves its box; nothing leaves
        the page."""
        for kind, x, y, width, height in picture.boxes:
            self.assertLessEqual(x + width, picture.width, kind)
            self.assertLessEqual(y + height, picture.height, kind)
        for text in picture.texts:
            self.assertLessEqual(0, text.left, text.text)
            self.assertLessEqual(text.right, picture.width, text.text)
            self.assertLessEqual(text.bottom, picture.height, text.text)
            for other in picture.texts:
                self.assertFalse(other is not text and text.meets(
                    other.left, other.right, other.top, other.bottom),
                    f"{text.text} meets {other.text}")
            for kind, x, y, to_x, to_y in picture.lines:
                self.assertFalse(text.meets(min(x, to_x) - 1, max(x, to_x) + 1,
                                            min(y, to_y) - 1, max(y, to_y) + 1),
                                 f"{text.text} lies on a line")
            for head in picture.heads:
                self.assertFalse(text.meets(*head),
                                 f"{text.text} lies on a head")
            for kind, x, y, width, height in picture.boxes:
                if text.meets(x, x + width, y, y + height) and width > 8:
                    self.assertTrue(x <= text.left and
                                    text.right <= x + width and
                                    y <= text.top and
                                    text.bottom <= y + height,
                                    f"{text.text} leaves its box")

    def test_halves_of_both_directions(self):
        path = self.write("both", model(inputs=4, layers=2, directions=2))
        picture = self.picture(path, "--steps", 3, "--batch", 2)
        halves = [box for box in picture.boxes
                  if box[0] in ("ft", "rt") and box[4] == 24]
        self.assertEqual([box[0] for box in halves], ["ft", "rt"] * 6)
        for forward, backward in zip(halves[::2], halves[1::2]):
            self.assertEqual(forward[1] + forward[3], backward[1])
            self.assertEqual(forward[2:], backward[2:])
            for _, x, y, width, height in (forward, backward):
                texts = [t.text for t in picture.texts
                         if x < t.x < x + width and y < t.y < y + height]
                self.assertEqual(texts, ["[2, 2]"])
            # What comes up into each half is of the colour of its direction.
            for kind, half in (("f", forward), ("r", backward)):
                self.assertEqual(
                    [line[0] for line in picture.lines
                     if line[4] == half[2] + half[4] and
                     half[1] < line[3] < half[1] + half[3]], [kind])

    def test_rows_in_order(self):
        path = self.write("rows", model(layers=3, directions=2))
        picture = self.picture(path)
        rows = [t.text for t in picture.texts if re.match(r"\[\d+\] ", t.text)]
        self.assertEqual(rows, [
            f"[{2 * layer + d}] layer {layer} {('forward', 'reverse')[d]}"
            for layer in range(3) for d in range(2)])

    def test_abridged(self):
        path = self.write("twelve", model(layers=12, directions=2,
                                          biases=BOTH))
        picture = self.picture(path)
        self.assertEqual(len(picture.find("9 more layers, 2 to 10")), 1)
        self.assertEqual(len(picture.find("[4] to [21] layers 2 to 10")), 1)
        self.assertEqual(picture.find("layer 2 forward"), [])
        self.assertEqual(len(picture.find("h0[22]")), 1)

    def test_room_for_many_digits(self):
        path = self.write("deepest", model(1, 1, layers=10001, directions=2))
        self.check_room(self.picture(path, "--steps", 1))

    def test_headings(self):
        for options, arguments, heading, formula in [
                ({}, [], "1 layer, forward, tanh, no bias, float32",
                 "h' = tanh(W_ih x + W_hh h)"),
                ({"layers": 2, "biases": BOTH, "dtype": "F64"},
                 ["--nonlinearity", "relu", "--batch-first"],
                 "2 layers, forward, relu, batch first, float64",
                 "h' = relu(W_ih x + b_ih + W_hh h + b_hh)"),
                ({"rename": of_a_cell}, [],
                 "a cell in a loop, tanh, no bias, float32",
                 "h' = tanh(W_ih x + W_hh h)"),
                ({"rename": of_a_cell}, ["--direction", "reverse"],
                 "1 layer, reverse, tanh, no bias, float32", None)]:
            path = self.write("one", model(**options))
            picture = self.picture(path, *arguments)
            self.assertEqual(picture.title, heading)
            self.assertEqual(len(picture.find(heading)), 1)
            drawing = self.succeed("info", path, "--draw", *arguments).decode()
            self.assertTrue(drawing.startswith(heading + "\n"), drawing)
            if formula:
                self.assertTrue(any(t.text.endswith(formula)
                                    for t in picture.texts))
                self.assertIn(formula + "\n", drawing)

    def test_colours(self):
        """Both kinds of pages have a colour for everything that is drawn."""
        picture = self.picture(self.write("all", model(layers=5, directions=2)))
        light, dark = picture.style.split("@media (prefers-color-scheme:dark)")
        neutral = {"center", "name", "heading"}
        for kind in picture.kinds - neutral:
            colours = [re.search(rf"\.{kind}{{fill:(#\w+)", part).group(1)
                       for part in (light, dark)]
            self.assertNotEqual(*colours, kind)
        for part in light, dark:
            forward, backward = (re.search(rf"\.{k}{{fill:(#\w+)", part)
                                 for k in "fr")
            self.assertNotEqual(forward.group(1), backward.group(1))

    def test_pictures_of_the_guide(self):
        self.assertEqual({p.name for p in PICTURES.iterdir()},
                         {name + ".svg" for name in REFERENCE})
        for name, options in REFERENCE.items():
            path = self.write(name, model(inputs=4, biases=BOTH, **options))
            self.assertEqual(self.succeed("info", path, "--steps", 3,
                                          "--batch", 2, "--svg", "-"),
                             (PICTURES / f"{name}.svg").read_bytes(), name)


class Drawing(PictureTest):
    def test_shapes(self):
        self.for_all("drawing", self.check_shapes)

    def check_shapes(self, arguments, name, expected):
        text = self.succeed("info", *arguments, "--draw").decode()
        self.assertTrue(text.isascii())
        widest = 80 if name in REFERENCE and expected.T == 3 else 100
        for line in text.splitlines():
            self.assertLessEqual(len(line), widest, line)
            self.assertEqual(line, line.rstrip())
        for what, shape in expected.named().items():
            self.assertRegex(
                text, rf"(?m)^ *{re.escape(what)} {re.escape(shape)}($| |,)")
        if not expected.is_cell:
            self.assertIn(f"\nh0 and h_n {bracket(expected.hidden)}: ", text)
        for layer in expected.layers:
            for suffix in expected.suffixes:
                self.check_cell(text, expected, layer, suffix)
        return text.encode()

    def check_cell(self, text, expected, layer, suffix):
        """A row of boxes between h0 and h_n."""
        back = suffix == "_reverse"
        row = expected.row(layer, suffix)
        h0, h_n = (("h", "h'") if expected.is_cell else
                   (f"h0[{row}]", f"h_n[{row}]"))
        left, right = (h_n, h0) if back else (h0, h_n)
        lines = text.splitlines()
        at, = [i for i, line in enumerate(lines) if re.search(
            rf" {re.escape(left)} .* {re.escape(right)}( |$)", line)]
        states = lines[at + 1][lines[at].index(f" {left} "):]
        words = re.findall(r"[a-z]{4}|\.\.\.", states)
        count = 1 if expected.is_cell else len(expected.steps)
        gap = not expected.is_cell and expected.T > 3
        box = [expected.info["nonlinearity"][:4]]
        self.assertEqual(words, box * min(count, 2) + ["..."] * gap +
                         box * (count - 2))
        heads = count + gap + (0 if expected.is_cell else 1)
        self.assertEqual(states.count("<" if back else ">"), heads)
        self.assertNotIn(">" if back else "<", states)

    def test_by_eye(self):
        path = self.write("both", model(inputs=4, directions=2, biases=BOTH))
        text = self.succeed("info", path, "--draw", "--steps", 2, "--batch", 2)
        self.assertEqual(text.decode(), """\
1 layer, bidirectional, tanh, float32
T=2 steps, a batch of B=2, input_size I=4, hidden_size H=2
Each row of boxes is one cell: h' = tanh(W_ih x + b_ih + W_hh h + b_hh)

output [2, 2, 4]                       [2, 4]      [2, 4]
                                          ^           ^
concatenation                         +--cat--+   +--cat--+
layer 0 reverse                        ^     ^     ^     ^
weight_ih_l0_reverse [2, 4]  h_n[1]    | +----+    | +----+   h0[1]
weight_hh_l0_reverse [2, 2]  <---------|-|tanh|<---|-|tanh|<--------
bias_ih_l0_reverse [2]       [2, 2]    | +----+    | +----+   [2, 2]
bias_hh_l0_reverse [2]                 |     ^     |     ^
layer 0 forward                        |     |     |     |
weight_ih_l0 [2, 4]          h0[0]    +----+ |    +----+ |    h_n[0]
weight_hh_l0 [2, 2]          -------->|tanh|-|--->|tanh|-|--------->
bias_ih_l0 [2]               [2, 2]   +----+ |    +----+ |    [2, 2]
bias_hh_l0 [2]                         ^     |     ^     |
input [2, 2, 4]                        [2, 4]      [2, 4]
                                         t=0         t=1

h0 and h_n [2, 2, 2]: [0] layer 0 forward, [1] layer 0 reverse
""")

    def test_too_wide_for_shapes(self):
        """They follow the drawing, which has names alone."""
        path = self.write("one", model(inputs=4))
        text = self.succeed("info", path, "--draw", "--batch",
                            10 ** 9).decode()
        drawing, shapes = text.split("t=99\n")
        self.assertNotIn("[1000000000", drawing)
        self.assertIn("\noutput [100, 1000000000, 2], a step [1000000000, 2]\n"
                      "layer 0 forward, a state [1000000000, 2]\n"
                      "  weight_ih_l0 [2, 4]\n  weight_hh_l0 [2, 2]\n"
                      "input [100, 1000000000, 4], a step [1000000000, 4]\n",
                      shapes)


class Options(Test):
    def test_misuse(self):
        path = self.write("one", model())
        other = self.path("other")
        for arguments, text in [
                (["--svg"], '"--svg" needs a value'),
                (["--svg", ""], 'is "", expected a file'),
                (["--draw=1"], '"--draw=1" takes no value'),
                (["--svg", other, "--json"], "give one of them"),
                (["--svg", other, "--draw"], "give one of them"),
                (["--draw", "--json"], "give one of them"),
                (["--svg", path], "--svg and MODEL are the same file")]:
            with self.subTest(arguments):
                self.fail_with(MISUSE, text, "info", path, *arguments)
        for verb in ["check", "bench"]:
            for option in ["--draw", "--svg=" + other]:
                self.fail_with(MISUSE, "is not an option", verb, path, option)
        with open(path, "r+b") as file:
            self.fail_with(MISUSE, "standard output and MODEL are the same",
                           "info", path, "--svg", "-", stdout=file)
        self.assertEqual(self.read("one"), model())
        self.assertEqual(os.listdir(self.folder.name), ["one"])

    def test_no_file(self):
        path = self.write("one", model())
        self.fail_with(IO, "cannot create a temporary file", "info", path,
                       "--svg", self.path("absent/picture.svg"))
        self.fail_with(IO, "cannot open", "info", path, "--svg",
                       self.path("one/picture.svg"))
        self.fail_with(IO, "cannot write", "info", path, "--svg", "/dev/full")
        for output in [["--draw"], ["--svg", "-"]]:
            with open("/dev/full", "wb") as full:
                self.check(run("info", path, *output, stdout=full), IO,
                           "cannot write")
        self.assertEqual(os.listdir(self.folder.name), ["one"])

    def test_bad_model(self):
        """What was there stays."""
        path = self.write("cut", model()[:-1])
        picture = self.write("picture.svg", b"old")
        self.fail_with(WRONG, "31 bytes", "info", path, "--svg", picture)
        self.fail_with(WRONG, "31 bytes", "info", path, "--draw")
        self.assertEqual(self.read("picture.svg"), b"old")

    def test_file(self):
        """Replaced as a whole, with its mode; the same bytes each time."""
        path = self.write("one", model())
        picture = self.write("picture.svg", b"old")
        os.chmod(picture, 0o640)
        for _ in range(2):
            self.assertEqual(self.succeed("info", path, "--svg", picture), b"")
            self.assertEqual(self.read("picture.svg"),
                             self.succeed("info", path, "--svg", "-"))
        self.assertEqual(stat.S_IMODE(os.stat(picture).st_mode), 0o640)
        self.assertEqual(sorted(os.listdir(self.folder.name)),
                         ["one", "picture.svg"])

    def test_options_of_the_model(self):
        both = self.write("both", model(prefix="a.", extra=[
            ("weight_ih_l0", [3, 1]), ("weight_hh_l0", [3, 3])]))
        for prefix, shape in [("a.", "[2, 2]"), ("", None)]:
            arguments = ["info", both, "--prefix", prefix, "--draw"]
            if shape is None:
                arguments.append("--allow-extra")
                shape = "[3, 1]"
            self.assertIn(f"weight_ih_l0 {shape} ",
                          self.succeed(*arguments).decode())
        silent = self.write("silent", model(metadata={}))
        self.fail_with(WRONG, "--nonlinearity", "info", silent, "--strict",
                       "--draw")
        self.assertIn(b"input [1, 100, 8] ", self.succeed("info", DIGITS,
                                                          "--draw"))


main()
