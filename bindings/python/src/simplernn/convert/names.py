# SPDX-License-Identifier: MIT
"""Finds networks by the names that frameworks give to their tensors.

The names say which tensors belong together. What they do not say, such as the
nonlinearity, is left to the metadata of the file or to the caller."""

import re
from dataclasses import replace

from .network import Cell, ConvertError, Network, quote
from .onnx import ACTIVATIONS, DIRECTIONS

# How the names of each framework end, and which tensor that is. Those of
# PyTorch are KINDS, and may have a layer and a direction behind them.
KINDS = Cell._fields
ENDINGS = {
    "Keras": {"kernel": "weight_ih", "recurrent_kernel": "weight_hh",
              "bias": "bias_ih"},
    "Flax linen": {"i/kernel": "weight_ih", "h/kernel": "weight_hh",
                   "i/bias": "bias_ih"},
    "Flax nnx": {"dense_i/kernel": "weight_ih", "dense_h/kernel": "weight_hh",
                 "dense_i/bias": "bias_ih"},
    "MLX": {"Wxh": "weight_ih", "Whh": "weight_hh", "bias": "bias_ih"},
}
PLACE = re.compile(r"(.+?)(?:_l(0|[1-9]\d{0,4})(_reverse)?)?")
PARAMETRIZED = re.compile(r"parametrizations\.weight_.h|weight_.h_l\d+_[gv]$")


def share_of(text):
    share = float(text)
    if not 0 <= share <= 1:
        raise ValueError
    return share


def one_of(words):
    return {word: word for word in words}.__getitem__


OPTIONS = {
    "nonlinearity": one_of(ACTIVATIONS.values()),
    "batch_first": {"true": True, "false": False}.__getitem__,
    "dropout": share_of,
    "direction": one_of(DIRECTIONS),
}


def pattern_of(endings):
    words = "|".join(re.escape(ending).replace("/", "[./]")
                     for ending in endings)
    # Keras 2 ends a name with the number of an output, which is 0.
    return re.compile(rf"(?:(.*)[./])?({words})(?::0)?", re.DOTALL)


def add_role(roles, role, tensor):
    if role in roles:
        raise ConvertError(f"{roles[role]} and {tensor} are two names of the "
                           "same parameter")
    roles[role] = tensor


def groups_of(tensors, endings):
    """{prefix: {role: tensor}} of the names with these endings."""
    pattern, groups = pattern_of(endings), {}
    for name, tensor in tensors.items():
        match = pattern.fullmatch(name)
        if match:
            role = endings[match[2].replace(".", "/")]
            add_role(groups.setdefault(match[1] or "", {}), role, tensor)
    return {prefix: roles for prefix, roles in groups.items()
            if {"weight_ih", "weight_hh"} <= roles.keys()}


def mlx_cell(roles):
    """Old versions of MLX had both weights transposed, which shows unless
    input_size is hidden_size."""
    cell = Cell(**roles)
    old = (cell.weight_ih.shape and cell.weight_hh.shape and
           cell.weight_ih.shape[-1] == cell.weight_hh.shape[0] !=
           cell.weight_ih.shape[0])
    return transposed(cell) if old else cell


def transposed(cell):
    return cell._replace(weight_ih=cell.weight_ih.transposed(),
                         weight_hh=cell.weight_hh.transposed())


def single_layers(tensors):
    """Networks of one layer, of the frameworks whose names tell no more."""
    networks = {}
    for framework, endings in ENDINGS.items():
        for prefix, roles in groups_of(tensors, endings).items():
            cell = (mlx_cell(roles) if framework == "MLX" else
                    transposed(Cell(**roles)))
            # As the layers of all three take a batch, unless told otherwise.
            networks[prefix] = Network(prefix, ((cell,),),
                                       options={"batch_first": True})
    return pair_directions(networks)


def pair_directions(networks):
    """Makes one network of forward_x and backward_x, where both are there."""
    forward = re.compile(r"(?:(.*)[./])?forward_([^./]+)(.*)", re.DOTALL)
    for prefix in list(networks):
        match = forward.fullmatch(prefix)
        if not match:
            continue
        parent = match[1] or ""
        start = match.start(2) - len("forward_")
        other = f"{prefix[:start]}backward_{match[2]}{match[3]}"
        if other in networks:
            cells = networks[prefix].layers[0] + networks.pop(other).layers[0]
            networks[parent] = Network(parent, (cells,), "bidirectional",
                                       networks.pop(prefix).options)
    return networks


def torch_networks(tensors):
    """Networks with the names of torch.nn.RNN or torch.nn.RNNCell."""
    prefixes = {}
    for name, tensor in tensors.items():
        prefix, last = re.fullmatch(r"(?:(.*)[./])?(.*)", name,
                                    re.DOTALL).groups()
        match = PLACE.fullmatch(last)
        if match and match[1] in KINDS:
            place = (int(match[2] or 0), bool(match[3]))
            cells = prefixes.setdefault(prefix or "", {})
            add_role(cells.setdefault(place, {}), match[1], tensor)
    return [torch_network(prefix, cells) for prefix, cells in prefixes.items()]


def torch_network(prefix, cells):
    layers = 1 + max(layer for layer, _ in cells)
    reversals = sorted({is_reverse for _, is_reverse in cells})
    direction = ("bidirectional" if len(reversals) == 2 else
                 "reverse" if reversals[0] else "forward")
    try:
        if layers > len(cells):
            raise ConvertError(f"{quote(prefix)} has parameters of layer "
                               f"{layers - 1}, but not of all layers below it")
        layers = tuple(tuple(torch_cell(prefix, cells, layer, is_reverse)
                             for is_reverse in reversals)
                       for layer in range(layers))
    except ConvertError as error:
        return Network(prefix, (), direction, refusal=str(error))
    return Network(prefix, layers, direction)


def torch_cell(prefix, cells, layer, is_reverse):
    roles = cells.get((layer, is_reverse), {})
    for kind in ("weight_ih", "weight_hh"):
        if kind not in roles:
            name = f"{kind}_l{layer}" + "_reverse" * is_reverse
            raise ConvertError(f"{quote(prefix)} has no {name}")
    return Cell(**roles)


def state(network, metadata):
    """The network with the options that the metadata of a file state for it;
    a key behind the prefix of the network counts before the same key alone."""
    options = dict(network.options)
    for key, convert in OPTIONS.items():
        for name in (f"{network.name}.{key}", key):
            if name in metadata:
                try:
                    options[key] = convert(metadata[name])
                except (KeyError, ValueError, TypeError):
                    raise ConvertError(f"the metadata {quote(name)} cannot be "
                                       f"{quote(metadata[name])}") from None
                break
    direction = options.pop("direction", network.direction)
    if (direction == "bidirectional") != (network.direction ==
                                          "bidirectional"):
        raise ConvertError(f"the metadata says that {quote(network.name)} is "
                           f"{quote(direction)}, but its names are those of "
                           f"a {network.direction} network")
    return replace(network, direction=direction, options=options)


def find(tensors, metadata=None):
    """All networks among tensors, given as {name: Tensor}."""
    networks = torch_networks(tensors) + list(single_layers(tensors).values())
    if networks:
        return [state(network, metadata or {}) for network in networks]
    if any(PARAMETRIZED.search(name) for name in tensors):
        raise ConvertError("the weights are parametrized; call torch.nn.utils."
                           "parametrize.remove_parametrizations() or "
                           "torch.nn.utils.remove_weight_norm() before saving")
    some = ", ".join(map(str, list(tensors.values())[:3]))
    raise ConvertError(
        "there is no simple RNN; its tensors are called weight_ih_l0 and so "
        "on by PyTorch, kernel and recurrent_kernel by Keras, i/kernel and "
        f"h/kernel by Flax, Wxh and Whh by MLX. The file has {len(tensors)} "
        f"tensors{': ' if some else ''}{some}"
        f"{' and more' if len(tensors) > 3 else ''}")
