#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the files of other frameworks that the tests of simplernn.convert
read, and expected.npz: what each framework computes with them.

    pip install torch==2.13.0 onnx==1.23.2 onnxruntime==1.32.0 keras==3.15.1 \\
        h5py==3.16.0 jax==0.10.2 flax==0.12.8 "mlx[cpu]==0.32.4" \\
        safetensors==0.8.0 msgpack==1.2.4
    python make_foreign.py

expected.npz has, for each case, the input "CASE/x", the output "CASE/y", where
the framework has them "CASE/h0" and "CASE/h_n", and the parameters by PyTorch's
names, which this program takes from the framework's own objects."""

import os
import pathlib
import warnings

os.environ["KERAS_BACKEND"] = "jax"

import flax.linen
import flax.nnx
import jax
import keras
import mlx.core
import mlx.nn
import numpy
import onnx
import onnx.reference
import onnxruntime
import safetensors.torch
import torch

FOLDER = pathlib.Path(__file__).parent
B, T, I, H = 2, 5, 3, 4
KINDS = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
expected = {}
random = numpy.random.default_rng(12)


def draw(*shape):
    return random.uniform(-1, 1, shape).astype(numpy.float32)


def expect(case, parameters, **arrays):
    for name, value in {**parameters, **arrays}.items():
        expected[f"{case}/{name}"] = numpy.asarray(value)


def layer(number, weight_ih, weight_hh, bias=None, suffix=""):
    """PyTorch's names for one direction, whose second bias is zeros."""
    values = [weight_ih, weight_hh]
    if bias is not None:
        values += [bias, numpy.zeros_like(bias)]
    return {f"{kind}_l{number}{suffix}": numpy.asarray(value)
            for kind, value in zip(KINDS, values)}


# PyTorch


def state_of(rnn):
    return {name: value.detach().float().numpy()
            for name, value in rnn.state_dict().items()}


def expect_torch(case, rnn, has_state=False):
    x = draw(B, T, I) if rnn.batch_first else draw(T, B, I)
    states = (rnn.num_layers * (1 + rnn.bidirectional), B, H)
    h0 = draw(*states) if has_state else numpy.zeros(states, numpy.float32)
    with torch.no_grad():
        y, h_n = rnn(torch.tensor(x), torch.tensor(h0))
    expect(case, state_of(rnn), x=x, h0=h0, y=y, h_n=h_n)


class Tagger(torch.nn.Module):
    def __init__(self, **options):
        super().__init__()
        self.rnn = torch.nn.RNN(I, H, **options)
        self.head = torch.nn.Linear(H * (1 + self.rnn.bidirectional), 2)

    def forward(self, x, h0=None):
        y, h_n = self.rnn(x, h0)
        return self.head(y), y, h_n


def make_torch():
    tagger = Tagger(num_layers=2, bidirectional=True)
    torch.save(tagger.state_dict(), FOLDER / "torch.pt")
    torch.save(tagger.state_dict(), FOLDER / "torch_legacy.pt",
               _use_new_zipfile_serialization=False)
    expect_torch("torch", tagger.rnn)
    torch.save(torch.nn.RNN(I, H), FOLDER / "torch_module.pt")

    model = torch.nn.ModuleDict({
        "encoder": torch.nn.RNN(I, H, nonlinearity="relu", batch_first=True),
        "decoder": torch.nn.RNN(I, H, bias=False)})
    optimizer = torch.optim.Adam(model["encoder"].parameters())
    model["encoder"](torch.tensor(draw(B, T, I)))[0].sum().backward()
    optimizer.step()
    torch.save({"epoch": 3, "model": model.state_dict(),
                "optimizer": optimizer.state_dict()},
               FOLDER / "torch_checkpoint.pt")
    for name, rnn in model.items():
        expect_torch(f"torch_checkpoint/{name}", rnn)

    # Views of one storage: transposed weights, and slices for the biases.
    rnn = torch.nn.RNN(I, H)
    flat = torch.tensor(draw(100))
    views = {"weight_ih_l0": flat[:I * H].view(I, H).t(),
             "weight_hh_l0": flat[20:20 + 2 * H * H:2].view(H, H).t(),
             "bias_ih_l0": flat[60:60 + H],
             "bias_hh_l0": flat[70:70 + 3 * H:3]}
    torch.save(views, FOLDER / "torch_views.pt")
    rnn.load_state_dict(views)
    expect_torch("torch_views", rnn)

    cell = torch.nn.RNNCell(I, H).bfloat16()
    torch.save(cell.state_dict(), FOLDER / "torch_bfloat16.pt")
    rnn = torch.nn.RNN(I, H)
    rnn.load_state_dict({f"{name}_l0": value.float()
                         for name, value in cell.state_dict().items()})
    expect_torch("torch_bfloat16", rnn)


def make_shards():
    model = torch.nn.ModuleDict({"rnn": torch.nn.RNN(I, H, num_layers=2)})
    tensors = model.state_dict()
    parts = {"model-00001-of-00002.safetensors": [*tensors][:3],
             "model-00002-of-00002.safetensors": [*tensors][3:]}
    for file, names in parts.items():
        safetensors.torch.save_file({name: tensors[name] for name in names},
                                    FOLDER / file)
    lines = ",\n".join(f'    "{name}": "{file}"'
                       for file, names in parts.items() for name in names)
    (FOLDER / "model.safetensors.index.json").write_text(
        f'{{\n  "metadata": {{"total_size": 0}},\n  "weight_map": {{\n{lines}\n'
        "  }\n}\n")
    expect_torch("shards", model["rnn"])


# ONNX


def make_onnx():
    for case, tagger in (
            ("onnx_batch_first", Tagger(num_layers=2, bidirectional=True,
                                        batch_first=True)),
            ("onnx_time_first", Tagger(num_layers=2, nonlinearity="relu",
                                       bias=False))):
        rnn = tagger.eval().rnn
        x = draw(B, T, I) if rnn.batch_first else draw(T, B, I)
        h0 = draw(rnn.num_layers * (1 + rnn.bidirectional), B, H)
        path = FOLDER / f"{case}.onnx"
        torch.onnx.export(tagger, (torch.tensor(x), torch.tensor(h0)), path,
                          dynamo=False, input_names=["x", "h0"],
                          output_names=["logits", "y", "h_n"])
        session = onnxruntime.InferenceSession(path)
        y, h_n = session.run(["y", "h_n"], {"x": x, "h0": h0})
        expect(case, state_of(rnn), x=x, h0=h0, y=y, h_n=h_n)


def make_onnx_layout():
    """layout=1 and a reverse node, which PyTorch does not write, with the
    weights in another file. ONNX Runtime 1.32 does not run layout=1."""
    w, r, b = draw(1, H, I), draw(1, H, H), draw(1, 2 * H)
    tensor = onnx.helper.make_tensor_value_info
    node = onnx.helper.make_node(
        "RNN", ["x", "w", "r", "b"], ["y", "y_h"], "encoder", hidden_size=H,
        direction="reverse", activations=["Affine"], activation_alpha=[1.0],
        activation_beta=[0.0], layout=1)
    graph = onnx.helper.make_graph(
        [node], "layout", [tensor("x", 1, [B, T, I])],
        [tensor("y", 1, [B, T, 1, H]), tensor("y_h", 1, [B, 1, H])],
        [onnx.numpy_helper.from_array(array, name)
         for name, array in (("w", w), ("r", r), ("b", b))])
    model = onnx.helper.make_model(
        graph, opset_imports=[onnx.helper.make_opsetid("", 14)], ir_version=8)
    x = draw(B, T, I)
    y, y_h = onnx.reference.ReferenceEvaluator(model).run(None, {"x": x})
    parameters = {f"{kind}_l0_reverse": value for kind, value in zip(
        KINDS, (w[0], r[0], b[0, :H], b[0, H:]))}
    expect("onnx_layout", parameters, x=x, y=y[:, :, 0], h_n=y_h[:, 0][None])
    onnx.save(model, FOLDER / "onnx_layout.onnx", save_as_external_data=True,
              location="onnx_layout.bin", size_threshold=0)


# Keras


def keras_cell(number, cell, suffix=""):
    bias = cell.bias
    return layer(number, numpy.asarray(cell.kernel).T,
                 numpy.asarray(cell.recurrent_kernel).T,
                 None if bias is None else numpy.asarray(bias), suffix)


def randomise(model):
    model.set_weights([draw(*value.shape) for value in model.get_weights()])


def make_keras():
    layers = keras.layers
    model = keras.Sequential([
        keras.Input((None, I)),
        layers.SimpleRNN(H, return_sequences=True, activation="sigmoid"),
        layers.Dropout(0.25),
        layers.SimpleRNN(H, return_sequences=True, activation="sigmoid"),
        layers.Dense(2)], name="tagger")
    randomise(model)
    x = draw(B, T, I)
    y = model.layers[2](model.layers[0](x))
    parameters = {**keras_cell(0, model.layers[0].cell),
                  **keras_cell(1, model.layers[2].cell)}
    expect("keras_stack", parameters, x=x, y=y)
    model.save(FOLDER / "keras_stack.keras")
    model.save(FOLDER / "keras_stack.h5")
    model.save_weights(FOLDER / "keras_stack.weights.h5")

    inputs = keras.Input((None, I))
    both = layers.Bidirectional(layers.SimpleRNN(H, return_sequences=True),
                                name="both")
    model = keras.Model(inputs, layers.Dense(2)(both(inputs)))
    randomise(model)
    parameters = {**keras_cell(0, both.forward_layer.cell),
                  **keras_cell(0, both.backward_layer.cell, "_reverse")}
    expect("keras_both", parameters, x=x, y=both(x))
    model.save(FOLDER / "keras_both.keras")
    model.save(FOLDER / "keras_both.h5")

    back = layers.RNN(layers.SimpleRNNCell(H, "relu", use_bias=False),
                      return_sequences=True, go_backwards=True, name="back")
    model = keras.Sequential([keras.Input((None, I)), back])
    randomise(model)
    expect("keras_back", keras_cell(0, back.cell, "_reverse"), x=x, y=back(x))
    model.save(FOLDER / "keras_back.keras")


# Flax and MLX


def flax_cell(number, inputs, states, suffix=""):
    return layer(number, numpy.asarray(inputs["kernel"]).T,
                 numpy.asarray(states["kernel"]).T,
                 numpy.asarray(inputs["bias"]), suffix)


def randomised(tree):
    return jax.tree.map(lambda array: draw(*array.shape), tree)


def write_msgpack(case, tree):
    (FOLDER / f"{case}.msgpack").write_bytes(
        flax.serialization.to_bytes(tree))


def make_linen():
    def rnn():
        return flax.linen.RNN(flax.linen.SimpleCell(H))

    x = draw(B, T, I)
    model = flax.linen.Sequential([rnn(), rnn()])
    tree = randomised(model.init(jax.random.key(0), x))
    cells = [tree["params"]["layers_0"]["cell"],
             tree["params"]["layers_1"]["cell"]]
    expect("linen_stack", {**flax_cell(0, cells[0]["i"], cells[0]["h"]),
                           **flax_cell(1, cells[1]["i"], cells[1]["h"])},
           x=x, y=model.apply(tree, x))
    write_msgpack("linen_stack", tree)

    model = flax.linen.Bidirectional(rnn(), rnn())
    tree = randomised(model.init(jax.random.key(0), x))
    cells = [tree["params"][f"{way}_rnn"]["cell"]
             for way in ("forward", "backward")]
    parameters = {**flax_cell(0, cells[0]["i"], cells[0]["h"]),
                  **flax_cell(0, cells[1]["i"], cells[1]["h"], "_reverse")}
    expect("linen_both", parameters, x=x, y=model.apply(tree, x))
    write_msgpack("linen_both", tree)


def make_nnx():
    rngs = flax.nnx.Rngs(0)
    model = flax.nnx.RNN(flax.nnx.SimpleCell(I, H, rngs=rngs), rngs=rngs)
    tree = randomised(flax.nnx.to_pure_dict(flax.nnx.state(model,
                                                           flax.nnx.Param)))
    state = flax.nnx.state(model, flax.nnx.Param)
    flax.nnx.replace_by_pure_dict(state, tree)
    flax.nnx.update(model, state)
    x = draw(B, T, I)
    expect("nnx", flax_cell(0, tree["cell"]["dense_i"],
                            tree["cell"]["dense_h"]), x=x, y=model(x))
    write_msgpack("nnx", tree)


def make_mlx():
    model = mlx.nn.Sequential(mlx.nn.RNN(I, H), mlx.nn.Linear(H, 2))
    rnn = model.layers[0]
    x = draw(B, T, I)
    parameters = layer(0, numpy.array(rnn.Wxh), numpy.array(rnn.Whh),
                       numpy.array(rnn.bias))
    expect("mlx", parameters, x=x, y=numpy.array(rnn(mlx.core.array(x))))
    model.save_weights(str(FOLDER / "mlx.npz"))
    model.save_weights(str(FOLDER / "mlx.safetensors"))


def main():
    warnings.simplefilter("ignore")
    torch.manual_seed(12)
    keras.utils.set_random_seed(12)
    mlx.core.random.seed(12)
    for make in (make_torch, make_shards, make_onnx, make_onnx_layout,
                 make_keras, make_linen, make_nnx, make_mlx):
        make()
    numpy.savez_compressed(FOLDER / "expected.npz", **expected)


main()
