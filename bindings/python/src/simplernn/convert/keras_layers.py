# SPDX-License-Identifier: MIT
"""The layers in a configuration of Keras, and which of them feed each other."""

import itertools
import re

MODELS = ("Sequential", "Functional", "Model")
MAX_DROPOUTS = 16  # one behind the other


def snake_case(name):
    """As Keras does it, to name the groups of its files."""
    name = re.sub(r"(.)([A-Z][a-z0-9]+)", r"\1_\2", re.sub(r"\W+", "", name))
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()


def settings(layer):
    config = layer.get("config")
    return config if isinstance(config, dict) else {}


def layers_of(model):
    layers = settings(model).get("layers", [])
    return [layer for layer in layers if isinstance(layer, dict)]


def name_of(layer):
    name = settings(layer).get("name")
    return name if isinstance(name, str) else "None"


def history(nodes):
    """Names of layers in inbound_nodes, of Keras 3 and of Keras 2."""
    if isinstance(nodes, dict):
        if isinstance(nodes.get("keras_history"), list):
            yield str(nodes["keras_history"][0])
        nodes = [each for key, each in nodes.items() if key != "keras_history"]
    if isinstance(nodes, list):
        if len(nodes) >= 3 and isinstance(nodes[0], str) and \
                isinstance(nodes[1], int):
            yield nodes[0]
        for each in nodes:
            yield from history(each)


class Siblings:
    """The layers of one model, which feed each other. A layer may feed many
    others, so what is known of its inputs is kept."""

    def __init__(self, layers):
        self.by_name = {name_of(layer): layer for layer in layers}
        self.before = {id(layer): name_of(before)
                       for before, layer in itertools.pairwise(layers)}
        self.found = {}

    def sources(self, layer):
        """Names of the layers that the inputs of this one come from, two of
        them if there are several."""
        if id(layer) not in self.found:
            names = (history(layer["inbound_nodes"])
                     if "inbound_nodes" in layer else
                     filter(None, [self.before.get(id(layer))]))
            self.found[id(layer)] = [*itertools.islice(names, 2)]
        return self.found[id(layer)]

    def input_of(self, layer):
        """The layer whose output is the only input of this one, with the
        Dropout layers between them; in a Sequential, that is the one before
        it."""
        before, dropouts = layer, []
        while len(dropouts) <= MAX_DROPOUTS:
            sources = self.sources(before)
            if len(sources) != 1 or sources[0] not in self.by_name:
                break
            before = self.by_name[sources[0]]
            if before.get("class_name") != "Dropout":
                return before, dropouts
            dropouts.append(before)
        return None, dropouts


def walk(model, budget, path="", prefix=""):
    """Each layer of a model and of the models in it, with the path of its
    weights in a .keras archive, its name, and the layers in its model."""
    used, layers = {}, layers_of(model)
    siblings = Siblings(layers)
    for layer in layers:
        kind = snake_case(str(layer.get("class_name")))
        number = used[kind] = used.get(kind, -1) + 1
        own = f"{path}layers/{kind}" + f"_{number}" * (number > 0)
        name = prefix + name_of(layer)
        budget.take_parts(len(own) + len(name))
        if layer.get("class_name") in MODELS:
            yield from walk(layer, budget, f"{own}/", f"{name}/")
        else:
            yield layer, own, name, siblings
