# SPDX-License-Identifier: MIT
"""SimpleRNN layers of Keras: .keras archives, whole models in .h5, and weights
alone. Only the configuration and the arrays are read. No layer is made."""

import functools
import io
import mmap
import re
from dataclasses import replace

from . import hdf5, names
from .extra import require
from .jsontext import parse
from .network import Cell, ConvertError, Network, quote

ACTIVATIONS = {"tanh": "tanh", "relu": "relu", "sigmoid": "sigmoid",
               "linear": "identity", None: "identity"}
MODELS = ("Sequential", "Functional", "Model")
ROLES = names.ENDINGS["Keras"]
CELL = re.compile(r"(?:(.*)/)?cell/vars/([012])", re.DOTALL)
UNPACKED = tuple(ROLES)  # of vars/0, 1 and 2


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


def walk(model, path="", prefix=""):
    """Each layer of a model and of the models in it, with the path of its
    weights in a .keras archive, its name, and the layers in its model."""
    used, layers = {}, layers_of(model)
    for layer in layers:
        kind = snake_case(str(layer.get("class_name")))
        number = used[kind] = used.get(kind, -1) + 1
        own = f"{path}layers/{kind}" + f"_{number}" * (number > 0)
        name = prefix + str(settings(layer).get("name"))
        if layer.get("class_name") in MODELS:
            yield from walk(layer, f"{own}/", f"{name}/")
        else:
            yield layer, own, name, layers


def simple_rnn(layer):
    """The configuration of a SimpleRNN, None if the layer is another one."""
    config = settings(layer)
    if layer.get("class_name") == "SimpleRNN":
        return config
    cell = config.get("cell")
    if layer.get("class_name") == "RNN" and isinstance(cell, dict) and \
            cell.get("class_name") == "SimpleRNNCell":
        return {**settings(cell), **config}
    return None


def directions_of(layer):
    """The configurations of the layer's directions, [] if it is no SimpleRNN
    or Bidirectional of one."""
    if layer.get("class_name") != "Bidirectional":
        config = simple_rnn(layer)
        return [] if config is None else [config]
    wrapped = settings(layer)
    inner = wrapped.get("layer")
    forward = simple_rnn(inner) if isinstance(inner, dict) else None
    if forward is None:
        return []
    other = wrapped.get("backward_layer")
    backward = simple_rnn(other) if isinstance(other, dict) else {
        **forward, "go_backwards": not forward.get("go_backwards")}
    return [forward, backward or {}]


def nonlinearity_of(config):
    activation = config.get("activation", "tanh")
    if isinstance(activation, dict):
        activation = activation.get("config", activation.get("class_name"))
    if not isinstance(activation, (str, type(None))) or \
            activation not in ACTIVATIONS:
        raise ConvertError(
            f"has the activation {quote(activation)}; this library has "
            f"{', '.join(dict.fromkeys(ACTIVATIONS.values()))}")
    return ACTIVATIONS[activation]


def check_bidirectional(layer, forward, backward):
    mode = settings(layer).get("merge_mode", "concat")
    if mode != "concat":
        raise ConvertError(
            f"merges its directions by {quote(mode)}; only concat can be "
            "converted: save the model with merge_mode=\"concat\" and the "
            "same weights, and merge the halves of the output yourself")
    if forward.get("go_backwards") or not backward.get("go_backwards"):
        raise ConvertError("runs its first direction backwards; only a forward "
                           "layer followed by a backward one can be converted")
    words = nonlinearity_of(forward), nonlinearity_of(backward)
    if words[0] != words[1]:
        raise ConvertError(f"has the activations {words[0]} and {words[1]}; "
                           "both directions must have the same one")


def notes_of(name, layer, configs):
    config = configs[0]
    is_reverse = len(configs) == 1 and config.get("go_backwards")
    if is_reverse and config.get("return_sequences"):
        yield (f"{quote(name)} has go_backwards: Keras returns the outputs "
               "from the last step to the first, output[:, ::-1]; here they "
               "are in the order of the input")
    elif is_reverse:
        yield (f"{quote(name)} has go_backwards: what Keras returns is h_n")
    if len(configs) == 2 and not config.get("return_sequences"):
        yield (f"{quote(name)} returns the last state of both directions in "
               "Keras, which is h_n, and not the last step of output")
    for key in ("dropout", "recurrent_dropout"):
        if any(each.get(key) for each in configs):
            yield (f"{quote(name)} has {key} {config.get(key)}, which Keras "
                   "applies in training alone; it is not converted")


def sources_of(layer, layers):
    """Names of the layers that the inputs of this one come from."""
    if "inbound_nodes" in layer:
        return [*history(layer["inbound_nodes"])]
    index = layers.index(layer)
    return [settings(each).get("name")
            for each in layers[max(index - 1, 0):index]]


def input_of(layer, layers):
    """The layer whose output is the only input of this one, with the Dropout
    layers between them; in a Sequential, that is the one before it."""
    known = {settings(each).get("name"): each for each in layers}
    before, dropouts = layer, []
    while True:
        sources = sources_of(before, layers)
        if len(sources) != 1 or sources[0] not in known or \
                len(dropouts) > len(layers):
            return None, dropouts
        before = known[sources[0]]
        if before.get("class_name") != "Dropout":
            return before, dropouts
        dropouts.append(before)


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


def network_of(layer, name, layers, find_cells):
    """None if the layer is no SimpleRNN. find_cells(count) returns the weights
    of so many directions."""
    configs = directions_of(layer)
    if not configs:
        return None
    try:
        if len(configs) == 2:
            check_bidirectional(layer, *configs)
        options = {"nonlinearity": nonlinearity_of(configs[0]),
                   "batch_first": not configs[0].get("time_major")}
        cells = tuple(find_cells(len(configs)))
    except ConvertError as error:
        return Network(name, (), refusal=f"the layer {quote(name)} {error}")
    direction = ("bidirectional" if len(configs) == 2 else
                 "reverse" if configs[0].get("go_backwards") else "forward")
    notes = [*notes_of(name, layer, configs)]
    if len(sources_of(layer, layers)) > 1:
        notes.append(f"{quote(name)} has several inputs in Keras; if one is "
                     "its initial state, pass that as h0")
    before, dropouts = input_of(layer, layers)
    follows = None
    if before is not None and direction != "reverse":
        parent = name[:-len(str(settings(layer).get("name")))]
        follows = parent + str(settings(before).get("name"))
        notes += [f"{quote(settings(each).get('name'))} in front of "
                  f"{quote(name)} drops {settings(each).get('rate')} of its "
                  "inputs in training; it is not converted"
                  for each in dropouts]
    return Network(name, (cells,), direction, options, tuple(notes), follows)


def without_reversed(networks):
    """A reverse network hands its outputs on in reverse order, which no network
    of several layers does."""
    reverse = {each.name for each in networks if each.direction == "reverse"}
    return [replace(each, follows=None) if each.follows in reverse else each
            for each in networks]


def need(tensors, path):
    if path not in tensors:
        raise ConvertError(f"has no weights {quote(path)} in the file")
    return tensors[path]


def archive_cells(tensors, path, count):
    """The cells of a layer in the layout of .keras archives."""
    folders = [path] if count == 1 else [f"{path}/forward_layer",
                                         f"{path}/backward_layer"]
    for folder in folders:
        values = [need(tensors, f"{folder}/cell/vars/{index}")
                  for index in (0, 1)]
        bias = tensors.get(f"{folder}/cell/vars/2")
        yield names.transposed(Cell(*values, bias))


def model_cells(tensors, group, weights, count):
    """The cells of a layer in the layout of .h5 files, which list the names of
    a layer's weights, forward first."""
    if not weights or len(weights) % count:
        raise ConvertError(f"has {len(weights or ())} weights in the file; "
                           "save the model as .keras if the layer is in a "
                           "model inside of it")
    size = len(weights) // count
    for start in range(0, len(weights), size):
        roles = {}
        for name in weights[start:start + size]:
            last = name.rsplit("/", 1)[-1].removesuffix(":0")
            if last in ROLES:
                roles[ROLES[last]] = need(tensors, f"{group}/{name}")
        if not {"weight_ih", "weight_hh"} <= roles.keys():
            raise ConvertError("has no kernel or no recurrent_kernel")
        yield names.transposed(Cell(**roles))


def weights_alone(tensors):
    """Without a configuration the names are all there is."""
    found = {}
    for path, tensor in tensors.items():
        match = CELL.fullmatch(path)
        if match:
            found[f"{match[1] or ''}/{UNPACKED[int(match[2])]}"] = tensor
    return names.find(found or tensors)


def networks_of(config, tensors, find_cells):
    """The networks that a configuration describes. find_cells(path, name,
    count) returns the weights of a layer with so many directions."""
    try:
        found = [network_of(layer, name, layers,
                            functools.partial(find_cells, path, name))
                 for layer, path, name, layers in walk(parse(config))]
    except (AttributeError, IndexError, KeyError, RecursionError,
            TypeError) as error:
        raise ConvertError(f"the configuration of the model is damaged: {error}"
                           ) from None
    found = [network for network in found if network is not None]
    return without_reversed(found) or weights_alone(tensors)


def read_archive(archive):
    data = archive.read("model.weights.h5")
    hdf5.check_heaps(data)

    def open_file():
        return require("h5py").File(io.BytesIO(data), "r")

    tensors = hdf5.tensors_of(open_file)
    return networks_of(archive.read("config.json"), tensors,
                       lambda path, _, count: archive_cells(tensors, path,
                                                            count))


def read_file(path):
    def open_file():
        return require("h5py").File(path, "r")

    def find_cells(_, name, count):
        group = f"model_weights/{name}"
        weights = hdf5.attribute_of(open_file, group, "weight_names")
        return model_cells(tensors, group, weights, count)

    with open(path, "rb") as file, \
            mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        hdf5.check_heaps(data)
    tensors = hdf5.tensors_of(open_file)
    config = hdf5.attribute_of(open_file, "/", "model_config")
    if not isinstance(config, str):
        return weights_alone(tensors)
    return networks_of(config, tensors, find_cells)
