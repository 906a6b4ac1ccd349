# SPDX-License-Identifier: MIT
"""SimpleRNN layers of Keras: .keras archives, whole models in .h5, and weights
alone. Only the configuration and the arrays are read. No layer is made."""

import functools
import io
import mmap
import re
from dataclasses import replace

from . import hdf5, names
from .budget import TooMuch
from .extra import require
from .jsontext import parse
from .keras_layers import name_of, settings, walk
from .network import Cell, ConvertError, Network, quote, reason, shorten

ACTIVATIONS = {"tanh": "tanh", "relu": "relu", "sigmoid": "sigmoid",
               "linear": "identity", None: "identity"}
ROLES = names.ENDINGS["Keras"]
CELL = re.compile(r"(?:(.*)/)?cell/vars/([012])", re.DOTALL)
UNPACKED = tuple(ROLES)  # of vars/0, 1 and 2


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
            yield (f"{quote(name)} has {key} {number_of(config.get(key))}, "
                   "which Keras applies in training alone; it is not converted")


def number_of(value):
    """A number of a configuration, which may be anything."""
    is_number = type(value) in (int, float)
    return shorten(str(value)) if is_number else quote(type(value).__name__)


def network_of(layer, name, siblings, budget, find_cells):
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
    except TooMuch:
        raise
    except ConvertError as error:
        return Network(name, (), refusal=f"the layer {quote(name)} {error}")
    direction = ("bidirectional" if len(configs) == 2 else
                 "reverse" if configs[0].get("go_backwards") else "forward")
    notes = [*notes_of(name, layer, configs)]
    if len(siblings.sources(layer)) > 1:
        notes.append(f"{quote(name)} has several inputs in Keras; if one is "
                     "its initial state, pass that as h0")
    before, dropouts = siblings.input_of(layer)
    follows = None
    if before is not None and direction != "reverse":
        follows = name.removesuffix(name_of(layer)) + name_of(before)
        budget.take_parts(len(follows))
        notes += [f"{quote(name_of(each))} in front of {quote(name)} drops "
                  f"{number_of(settings(each).get('rate'))} of its inputs in "
                  "training; it is not converted" for each in dropouts]
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


def model_cells(tensors, group, weights, count, budget):
    """The cells of a layer in the layout of .h5 files, which list the names of
    a layer's weights, forward first."""
    if not weights or len(weights) % count:
        raise ConvertError(f"has {len(weights or ())} weights in the file; "
                           "save the model as .keras if the layer is in a "
                           "model inside of it")
    budget.take_parts(len(weights))
    size = len(weights) // count
    for start in range(0, len(weights), size):
        roles = {}
        for name in weights[start:start + size]:
            last = name.rsplit("/", 1)[-1].removesuffix(":0")
            if last in ROLES:
                roles[ROLES[last]] = need(
                    tensors, budget.join(group, "/", name))
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


def networks_of(config, tensors, budget, find_cells):
    """The networks that a configuration describes. find_cells(path, name,
    count) returns the weights of a layer with so many directions."""
    try:
        found = [network_of(layer, name, siblings, budget,
                            functools.partial(find_cells, path, name))
                 for layer, path, name, siblings in walk(parse(config), budget)]
    except (AttributeError, IndexError, KeyError, RecursionError,
            TypeError) as error:
        raise ConvertError("the configuration of the model is damaged: "
                           f"{reason(error)}") from None
    found = [network for network in found if network is not None]
    return without_reversed(found) or weights_alone(tensors)


def read_archive(archive):
    data = archive.read("model.weights.h5")
    hdf5.check_heaps(data)

    def open_file():
        return require("h5py").File(io.BytesIO(data), "r")

    tensors = hdf5.tensors_of(open_file, archive.budget)
    config = archive.read("config.json")
    archive.budget.take_parts(len(config))
    return networks_of(config, tensors, archive.budget,
                       lambda path, _, count: archive_cells(tensors, path,
                                                            count))


def read_file(path, budget):
    def open_file():
        return require("h5py").File(path, "r")

    @functools.cache  # layers may have one name
    def weights_of(group):
        return hdf5.attribute_of(open_file, group, "weight_names", budget)

    def find_cells(_, name, count):
        group = f"model_weights/{name}"
        return model_cells(tensors, group, weights_of(group), count, budget)

    with open(path, "rb") as file, \
            mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        hdf5.check_heaps(data)
    tensors = hdf5.tensors_of(open_file, budget)
    config = hdf5.attribute_of(open_file, "/", "model_config", budget)
    if not isinstance(config, str):
        return weights_alone(tensors)
    return networks_of(config, tensors, budget, find_cells)
