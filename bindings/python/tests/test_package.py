# SPDX-License-Identifier: MIT
"""The package as a whole: documentation that runs, the command, what it loads
and what it shows to others."""

import doctest
import pathlib
import pkgutil
import re
import shutil
import shlex
import subprocess
import sys

import numpy
import pytest

import simplernn
from simplernn import _core, train


# Where the build of the project has the command in C.
COMMAND = pathlib.Path(simplernn.__file__).parents[3] / "src/cli/simplernn"
MEASURED = re.compile(r"^rates of a core: .*$", re.MULTILINE)


def run(*arguments, environment, **options):
    return subprocess.run(
        [sys.executable, *arguments], env=environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)


MODULES = [module.name for module in [
    *pkgutil.iter_modules(simplernn.__path__),
    *pkgutil.iter_modules(train.__path__, "train.")]
           if module.name not in ("__main__", "_core")]


@pytest.mark.parametrize("name", ["", *MODULES])
def test_examples_in_docstrings(name):
    module = simplernn
    if name == "torch":
        pytest.importorskip("torch", minversion="2.13")
    if name:
        try:
            module = __import__(f"simplernn.{name}", fromlist=[name])
        except ModuleNotFoundError as error:
            assert error.name.split(".")[0] != "simplernn"
            pytest.skip(f"{error.name} is not installed")
    results = doctest.testmod(module, optionflags=doctest.ELLIPSIS)
    assert results.failed == 0
    if name in ("", "_network", "train", "train._linear", "train._optimizers"):
        assert results.attempted > 0


def test_public_names_are_documented():
    assert sorted(simplernn.__all__) == sorted(
        ["RNN", "RNNCell", "SimpleRNNError", "Stream", "__version__",
         "build_info"])
    for package in simplernn, train:
        for name in package.__all__:
            assert getattr(package, name).__doc__
    for kind in (simplernn.RNN, simplernn.RNNCell, simplernn.Stream,
                 train.Linear, train.Gradients, train.Tape, train.SGD,
                 train.Adam, train.RMSprop):
        for name in dir(kind):
            if not name.startswith("_") and name != "mro":
                assert getattr(kind, name).__doc__, f"{kind.__name__}.{name}"


def test_version_and_build():
    number = simplernn.__version__.split(".")
    assert len(number) == 3 and all(part.isdigit() for part in number)
    assert simplernn.__version__ in simplernn.build_info()


def test_importing_loads_little(environment):
    found = run("-c", "import sys; before = set(sys.modules); import simplernn;"
                "print(*sorted(set(sys.modules) - before))",
                environment=environment, check=True).stdout.split()
    ours = {name for name in found if name.split(".")[0] == "simplernn"}
    assert {"simplernn", "simplernn._core"} <= ours
    assert set(found) - ours <= {"__future__"}


def test_one_interpreter_only(environment):
    """A second one gets an ImportError, and the first one goes on."""
    try:
        import _xxsubinterpreters  # noqa: F401
    except ImportError:
        pytest.skip("this Python has no module for subinterpreters")
    found = run("-c", """
import numpy, simplernn, _xxsubinterpreters as interpreters
made = interpreters.create()
try:
    interpreters.run_string(made, "import simplernn")
except interpreters.RunFailedError as error:
    print(error)
interpreters.destroy(made)
print(simplernn.RNN(3, 4)(numpy.zeros((5, 2, 3), "float32"))[0].shape)
""", environment=environment, check=True).stdout
    assert "another interpreter has it" in found and "(5, 2, 4)" in found


def test_imported_once(environment):
    found = run("-c", """
import sys, simplernn
for name in [name for name in sys.modules if name.startswith("simplernn")]:
    del sys.modules[name]
try:
    import simplernn
except ImportError as error:
    print(error)
""", environment=environment, check=True).stdout
    assert "it was taken out of sys.modules; start a new process" in found


def test_importing_without_memory(environment):
    """Whichever allocation fails, Python learns of it. Python 3.11 says nothing
    about some of its own, which is a SystemError."""
    pytest.importorskip("_testcapi")
    run("-c", """
import _testcapi, itertools, os, sys
from importlib.machinery import ExtensionFileLoader
from importlib.util import spec_from_loader

loader = ExtensionFileLoader("_core", sys.argv[1])
spec = spec_from_loader("_core", loader)
for failing in itertools.count():
    child = os.fork()
    if child == 0:
        _testcapi.set_nomemory(failing, failing + 1)
        try:
            loader.exec_module(loader.create_module(spec))
            os._exit(0)
        except (MemoryError, SystemError):
            os._exit(1)
        finally:
            os._exit(2)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert code in (0, 1), code
    if code == 0:
        break
assert failing > 100
""", _core.__file__, environment=environment, check=True)


def test_the_extension_shows_one_symbol():
    """The library inside is hidden, so that two copies in a process never
    meet."""
    if shutil.which("nm") is None:
        pytest.skip("binutils is not installed")
    listing = subprocess.run(["nm", "-D", "--defined-only", _core.__file__],
                             check=True, text=True, stdout=subprocess.PIPE)
    names = [line.split()[-1] for line in listing.stdout.splitlines()]
    assert [name for name in names if name[0] != "_"] == ["PyInit__core"]


def maps():
    with open("/proc/self/maps") as file:
        return {line.split()[-1] for line in file if "/" in line}


def test_one_library_inside():
    libraries = [path for path in maps() if "libsimplernn" in path]
    assert not libraries, "the extension must not need another library"


@pytest.fixture
def weights(tmp_path):
    path = tmp_path / "model.safetensors"
    simplernn.RNN(3, 4, num_layers=2, seed=0).save(path)
    return str(path)


def test_the_command_runs_a_network(weights, tmp_path, environment):
    x = numpy.random.default_rng(0).random((5, 2, 3)).astype("float32")
    numpy.save(tmp_path / "x.npy", x)
    done = run("-m", "simplernn", "run", weights, tmp_path / "x.npy",
               "--output", tmp_path / "y.npy", environment=environment)
    assert done.returncode == 0, done.stderr
    wanted = simplernn.RNN.load(weights)(x)[0]
    assert numpy.load(tmp_path / "y.npy").tobytes() == wanted.tobytes()


@pytest.mark.parametrize("arguments", [
    ["--version"], ["--help"], ["info", "FILE"], ["doctor"],
    ["info", "/nonexistent"], ["nonsense"], []])
def test_the_command_is_the_one_of_c(arguments, weights, environment):
    if not COMMAND.exists():
        pytest.skip("the package is not in the build folder of the project")
    arguments = [weights if each == "FILE" else each for each in arguments]
    wanted = subprocess.run([COMMAND, *arguments], env=environment, text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    got = run("-m", "simplernn", *arguments, environment=environment)
    assert got.returncode == wanted.returncode
    assert got.stderr == wanted.stderr
    assert MEASURED.sub("", got.stdout) == MEASURED.sub("", wanted.stdout)


@pytest.mark.parametrize("arguments, status, text", [
    (["--version"], 0, simplernn.__version__), (["doctor"], 0, ""),
    (["nonsense"], 2, "nonsense")])
def test_the_exit_status(arguments, status, text, environment):
    done = run("-m", "simplernn", *arguments, environment=environment)
    assert done.returncode == status, done.stderr
    assert text in done.stdout + done.stderr


def test_the_command_without_a_standard_output(weights, environment):
    command = shlex.join([sys.executable, "-m", "simplernn", "info", weights])
    done = subprocess.run(f"{command} >&-", shell=True, env=environment,
                          stderr=subprocess.PIPE, text=True)
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("variable, value", [
    ("SIMPLERNN_NUM_THREADS", "0"), ("SIMPLERNN_ISA", "z80"),
    ("SIMPLERNN_GEMM", "abacus")])
def test_the_environment(variable, value, environment):
    done = run("-c", """
import numpy, simplernn
try:
    simplernn.RNN(3, 4)(numpy.zeros((5, 2, 3), "float32"))
except simplernn.EnvironmentError as error:
    print(error)
""", environment={**environment, variable: value}, check=True)
    assert variable in done.stdout and value in done.stdout
