# SPDX-License-Identifier: MIT
"""Models like those of PyTorch's tutorials, built of torch.nn alone: after
convert() they train and run as before. The example in two processes."""

import copy
import pathlib
import runpy
import subprocess
import sys

import pytest

torch = pytest.importorskip("torch", "2.13")

from torch import nn

import simplernn.torch as st
from torch_support import fallbacks

LETTERS = "abcdefghijklmnopqrstuvwxyz ."
NAMES = [("garcia", 0), ("torres", 0), ("okafor", 1), ("adeyemi", 1),
         ("novak", 2), ("svoboda", 2), ("dvorak", 2), ("ramirez", 0)]


def one_hot(text):
    indices = torch.tensor([LETTERS.index(letter) for letter in text])
    return nn.functional.one_hot(indices, len(LETTERS)).double()


class NameClassifier(nn.Module):
    """As in "Classifying names with a character-level RNN"."""

    def __init__(self):
        super().__init__()
        self.rnn = nn.RNN(len(LETTERS), 32)
        self.h2o = nn.Linear(32, 3)
        self.softmax = nn.LogSoftmax(dim=1)

    def forward(self, line):
        _, hidden = self.rnn(line)
        return self.softmax(self.h2o(hidden[0]))

    def loss(self, step):
        """The mean over a batch of names of any lengths."""
        batch = NAMES[step % 2::2]
        return sum(nn.functional.nll_loss(
            self(one_hot(name).unsqueeze(1)), torch.tensor([language]))
            for name, language in batch) / len(batch)

    @torch.no_grad()
    def use(self):
        return torch.cat([self(one_hot(name).unsqueeze(1))
                          for name, _ in NAMES])


class NameGenerator(nn.Module):
    """As in "Generating names with a character-level RNN": a letter, the
    category and the last state give the next letter."""

    def __init__(self):
        super().__init__()
        self.rnn = nn.RNNCell(3 + len(LETTERS), 32)
        self.o2o = nn.Linear(32 + 3, len(LETTERS))
        self.softmax = nn.LogSoftmax(dim=1)

    def forward(self, category, letter, hidden):
        hidden = self.rnn(torch.cat((category, letter), 1), hidden)
        return self.softmax(self.o2o(torch.cat((hidden, category), 1))), hidden

    def loss(self, step):
        name, language = NAMES[step % len(NAMES)]
        category = nn.functional.one_hot(torch.tensor([language]), 3).double()
        hidden, total = torch.zeros(1, 32, dtype=torch.float64), 0
        for letter, following in zip(name, name[1:] + "."):
            output, hidden = self(category, one_hot(letter), hidden)
            total += nn.functional.nll_loss(
                output, torch.tensor([LETTERS.index(following)]))
        return total

    @torch.no_grad()
    def use(self):
        category = torch.eye(3, dtype=torch.float64)[:1]
        letter, hidden, outputs = "g", None, []
        for _ in range(8):
            output, hidden = self(category, one_hot(letter), hidden)
            outputs.append(output)
            letter = LETTERS[output.argmax()]
        return torch.stack(outputs)


class LanguageModel(nn.Module):
    """As in the example "Word-level language modeling", with truncated
    backpropagation and without dropout, whose masks differ from torch's."""

    def __init__(self):
        super().__init__()
        self.encoder = nn.Embedding(len(LETTERS), 16)
        self.rnn = nn.RNN(16, 24, 2, nonlinearity="relu")
        self.decoder = nn.Linear(24, len(LETTERS))
        self.hidden = None

    def forward(self, letters, hidden):
        output, hidden = self.rnn(self.encoder(letters), hidden)
        return self.decoder(output), hidden

    def loss(self, step):
        text = "".join(name for name, _ in NAMES * 4)[:160]
        letters = torch.tensor([LETTERS.index(letter) for letter in text])
        letters = letters.view(4, 40).t()  # 40 steps of 4 columns
        piece = letters[step % 4 * 10:step % 4 * 10 + 10]
        hidden = None if step % 4 == 0 else self.hidden.detach()
        output, self.hidden = self(piece[:-1], hidden)
        return nn.functional.cross_entropy(output.flatten(0, 1),
                                           piece[1:].flatten())

    @torch.no_grad()
    def use(self):
        return self(torch.arange(10).view(5, 2), None)[0]


@pytest.mark.parametrize("kind",
                         [NameClassifier, NameGenerator, LanguageModel])
def test_models_of_tutorials(kind, fallbacks):
    torch.manual_seed(0)
    theirs = kind().double()
    ours = st.convert(copy.deepcopy(theirs))
    histories = []
    for model in (ours, theirs):
        optimizer = torch.optim.SGD(model.parameters(), 0.1)
        losses = []
        for step in range(60):
            optimizer.zero_grad()
            loss = model.loss(step)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 3)
            optimizer.step()
            losses.append(loss.detach())
        histories.append(torch.stack(losses))
    assert histories[1][-8:].mean() < 0.8 * histories[1][:8].mean()
    # Rounding grows over the steps.
    assert (histories[0] - histories[1]).abs().max() < 1e-9
    assert (ours.use() - theirs.use()).abs().max() < 1e-9
    assert not fallbacks


EXAMPLE = pathlib.Path(__file__).parents[1] / "examples/distributed.py"


def test_two_processes_train_as_one():
    subprocess.run([sys.executable, EXAMPLE], check=True, timeout=300)


def test_one_process_alone_would_differ():
    """So that the comparison of the example can fail."""
    example = runpy.run_path(str(EXAMPLE))
    whole, half = (example["train"](torch.float64, rows)
                   for rows in (slice(None), slice(16)))
    assert (whole - half).abs().max() > 1e-3
