# SPDX-License-Identifier: MIT
"""No call computes with weights that have changed since the last one, whoever
wrote them and however."""

import copy

import pytest

torch = pytest.importorskip("torch", "2.13")

from torch.nn.utils import parametrizations, parametrize, prune

import simplernn.torch as st
from torch_support import assert_close, fallbacks


def in_place(module):
    with torch.no_grad():
        module.weight_hh_l0.add_(0.5)


def data_in_place(module):
    module.weight_hh_l0.data.add_(0.5)


def data_of_one_element(module):
    module.bias_hh_l0.data[-1] = torch.rand(())


def new_data(module):
    module.weight_hh_l0.data = torch.randn(4, 4)


def new_data_transposed(module):
    module.weight_hh_l0.data = torch.randn(4, 4).t()


def through_numpy(module):
    module.weight_hh_l0.detach().numpy()[1, 2] += 0.5


def through_dlpack(module):
    torch.from_dlpack(module.weight_hh_l0.detach())[1, 2] = torch.rand(())


def through_a_view(module):
    module.weight_hh_l0.detach()[2].uniform_()


def to_the_negative_zero(module):
    """The bits change, and the results do not."""
    module.bias_hh_l0.data.zero_()
    module.bias_hh_l0.data.neg_()


def new_parameter(module):
    module.weight_ih_l0 = torch.nn.Parameter(torch.randn(4, 3))


def load_state_dict(module):
    module.load_state_dict(torch.nn.RNN(3, 4).state_dict())


def assign_state_dict(module):
    module.load_state_dict(torch.nn.RNN(3, 4).state_dict(), assign=True)


def reset_parameters(module):
    module.reset_parameters()


def vector_to_parameters(module):
    torch.nn.utils.vector_to_parameters(torch.randn(36), module.parameters())


def optimizer(module):
    for parameter in module.parameters():
        parameter.grad = torch.ones_like(parameter)
    torch.optim.Adam(module.parameters(), 0.1).step()


def foreach_optimizer(module):
    for parameter in module.parameters():
        parameter.grad = torch.ones_like(parameter)
    torch.optim.SGD(module.parameters(), 0.1, foreach=True).step()


def shared_memory(module):
    module.share_memory()
    module.weight_hh_l0.data.add_(0.5)


def other_dtype_and_back(module):
    module.half().float()


WRITES = [value for value in list(globals().values()) if callable(value)
          and getattr(value, "__module__", None) == __name__]


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("trains", [False, True])
def test_written_weights_count(write, trains, fallbacks):
    torch.manual_seed(1)
    ours, x = st.RNN(3, 4), torch.randn(6, 2, 3)
    theirs = torch.nn.RNN(3, 4)
    with torch.set_grad_enabled(trains):
        for _ in range(3):
            before = ours(x)
            write(ours)
            theirs.load_state_dict(ours.state_dict())
            assert_close(ours(x), theirs(x))
            if write not in (to_the_negative_zero, other_dtype_and_back):
                assert not torch.equal(before[0], ours(x)[0])
    assert not fallbacks


@pytest.mark.parametrize("trains", [False, True])
def test_written_weights_of_a_cell_count(trains):
    ours, x = st.RNNCell(3, 4), torch.randn(2, 3)
    theirs = torch.nn.RNNCell(3, 4)
    with torch.set_grad_enabled(trains):
        ours(x)
        ours.bias_ih.data.add_(0.5)
        theirs.load_state_dict(ours.state_dict())
        assert_close(ours(x), theirs(x))


def make_large(rows):
    ours, x = st.RNN(600, 600), torch.randn(2, rows // 2, 600)
    return ours, copy.deepcopy(ours), x


UNSEEN = [data_in_place, data_of_one_element, through_numpy, through_dlpack]


@pytest.mark.parametrize("rows, refreshes", [(2, True), (16, False)])
@pytest.mark.parametrize("write", UNSEEN)
def test_large_weights_and_writes_that_torch_does_not_see(write, rows,
                                                          refreshes):
    """Fewer rows cost less than a comparison of the weights."""
    ours, theirs, x = make_large(rows)
    with torch.no_grad():
        ours.refresh()
        before = ours(x)
        write(ours)
        if refreshes:
            assert torch.equal(ours(x)[0], before[0])
            ours.refresh()
        theirs.load_state_dict(ours.state_dict())
        assert not torch.equal(ours(x)[0], before[0])
        assert_close(ours(x), theirs(x))


def test_large_weights_and_writes_that_torch_sees():
    ours, theirs, x = make_large(2)

    def check(before):
        theirs.load_state_dict(ours.state_dict())
        assert not torch.equal(ours(x)[0], before[0])
        assert_close(ours(x), theirs(x))

    with torch.no_grad():
        for write in (in_place, optimizer, foreach_optimizer, through_a_view,
                      reset_parameters):
            ours.reset_parameters()  # no more saturated
            before = ours(x)
            write(ours)
            check(before)
        for _ in range(20):  # other memory, which may have been used before
            before = ours(x)
            ours.weight_hh_l0.data = torch.randn(600, 600) / 25
            ours.weight_hh_l0.data = torch.randn(600, 600) / 25
            check(before)
            before = ours(x)
            ours.bias_ih_l0 = torch.nn.Parameter(torch.randn(600))
            check(before)
        other = {name: torch.randn_like(value)
                 for name, value in ours.named_parameters()}
        for _ in range(3):
            torch.func.functional_call(ours, other, (x,))
            assert_close(ours(x), theirs(x))
    torch.func.functional_call(ours, other, (x.requires_grad_(),))
    with torch.no_grad():
        assert_close(ours(x), theirs(x))


def test_addresses_of_large_weights_are_not_used_again():
    """They tell that a Parameter has other memory now."""
    ours, _, x = make_large(2)
    with torch.no_grad():
        ours(x)
        address = ours.weight_hh_l0.data_ptr()
        for _ in range(50):
            ours.weight_hh_l0.data = torch.randn(600, 600)
            assert ours.weight_hh_l0.data_ptr() != address


def test_large_weights_made_in_inference_mode():
    with torch.inference_mode():
        ours, _, x = make_large(2)
        before = ours(x)
        ours.weight_hh_l0.add_(1)
        assert not torch.equal(ours(x)[0], before[0])


def test_weights_that_are_computed(fallbacks):
    def make(kind):
        torch.manual_seed(2)
        module = kind(3, 4)
        parametrizations.weight_norm(module, "weight_hh_l0")
        parametrizations.orthogonal(module, "weight_ih_l0")
        prune.l1_unstructured(module, "bias_ih_l0", 2)
        return module

    ours, theirs, x = make(st.RNN), make(torch.nn.RNN), torch.randn(6, 2, 3)
    assert parametrize.is_parametrized(ours)
    for _ in range(3):
        # torch lets the optimizer see them, but keeps a list of weights that
        # needs a new one.
        theirs._init_flat_weights()
        results = ours(x), theirs(x)
        assert_close(*results)
        for module, (output, _) in zip((ours, theirs), results):
            output.square().sum().backward()
            torch.optim.SGD(module.parameters(), 0.1).step()
            module.zero_grad()
    assert not fallbacks


def test_functional_call_with_other_weights(fallbacks):
    ours, theirs, x = st.RNN(3, 4), torch.nn.RNN(3, 4), torch.randn(6, 2, 3)
    weights = {name: torch.randn_like(value, requires_grad=True)
               for name, value in ours.named_parameters()}
    before = ours(x)
    gradients = []
    for module in (ours, theirs):
        output, _ = torch.func.functional_call(module, weights, (x,))
        output.sum().backward()
        gradients.append([weight.grad for weight in weights.values()])
        weights = {name: value.detach().requires_grad_()
                   for name, value in weights.items()}
    assert_close(*gradients)
    assert_close(ours(x), before)
    assert not fallbacks
