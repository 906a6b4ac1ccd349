#!/bin/bash
# SPDX-License-Identifier: MIT
# Builds and installs the library in several ways and runs every consumer on
# each. Needs cmake, pkg-config, C and C++ compilers, python3 and rustc.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
expected=$here/expected.txt
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# pkg-config quotes for the shell, hence eval.
with_pkg_config() { # LIBDIR SOURCE PROGRAM PKG-CONFIG-MODE COMPILER-MODE
    local flags
    flags=$(PKG_CONFIG_PATH="$1/pkgconfig" \
        pkg-config --cflags --libs ${4:+"$4"} simplernn)
    eval "cc -std=c11 -Wall -Wextra -Werror ${5-} -o '$3' '$2' $flags -lm"
}

# As where simplernn.pc is the only one on the system.
with_simplernn_pc_alone() { # LIBDIR
    rm -rf "$work/alone"
    mkdir -p "$work/alone/pkgconfig"
    cp "$1/pkgconfig/simplernn.pc" "$work/alone/pkgconfig"
    (
        export PKG_CONFIG_LIBDIR=$work/alone/pkgconfig
        unset PKG_CONFIG_PATH
        pkg-config --cflags --libs simplernn
        pkg-config --static --libs simplernn
        test -z "$(pkg-config --print-requires-private simplernn)"
        if pkg-config --exists jansson; then exit 1; fi
    )
}

# A status that is ignored is an error of the compiler, and of nobody else.
refuses_to_ignore() { # INCLUDEDIR COMPILER...
    local program='#include <simplernn.h>
int main(void) { srnn_config *c; srnn_config_create(&c); return 0; }'
    local compile=("${@:2}" -Werror -c -o "$work/ignored.o" "-I$1")
    "${compile[@]}" -DSRNN_NODISCARD= - <<<"$program"
    if "${compile[@]}" - <<<"$program" 2>"$work/ignored"; then
        echo "nobody minds an ignored status: ${*:2}"
        return 1
    fi
    grep -q 'srnn_config_create.*\[-W.*unused-result' "$work/ignored"
}

# Who includes <simplernn.hpp> needs no more than who includes <simplernn.h>.
cpp_with_pkg_config() { # LIBDIR
    local flags
    flags=$(PKG_CONFIG_PATH="$1/pkgconfig" pkg-config --cflags --libs simplernn)
    eval "c++ -std=c++17 -o '$work/cpp_shared' '$here/cpp/main.cpp' $flags"
    LD_LIBRARY_PATH=$1 "$work/cpp_shared" "$expected"
}

c_consumers() { # LIBDIR
    with_simplernn_pc_alone "$1"
    with_pkg_config "$1" "$here/c/main.c" "$work/c_shared"
    LD_LIBRARY_PATH=$1 "$work/c_shared" "$expected"

    # As where only the archive is installed.
    rm -rf "$work/archive"
    mkdir -p "$work/archive"
    cp -r "$1" "$work/archive/lib"
    cp -r "$(dirname "$1")/include" "$work/archive/include"
    rm "$work"/archive/lib/libsimplernn.so*
    with_pkg_config "$work/archive/lib" "$here/c/main.c" "$work/c_static" \
        --static
    "$work/c_static" "$expected"

    # And a program that needs no library at all.
    with_pkg_config "$work/archive/lib" "$here/c/main.c" "$work/c_alone" \
        "--static" -static
    "$work/c_alone" "$expected"
    if ldd "$work/c_alone"; then exit 1; fi
}

ignored_statuses() { # PREFIX
    refuses_to_ignore "$1/include" cc -std=c11 -xc
    refuses_to_ignore "$1/include" c++ -std=c++11 -xc++
    refuses_to_ignore "$1/include" c++ -std=c++17 -xc++
}

cpp_consumers() { # CMAKE-ARGUMENT...
    rm -rf "$work/cpp"
    cmake -S "$here/cpp" -B "$work/cpp" "$@" >/dev/null
    cmake --build "$work/cpp" -j2 >/dev/null
    "$work/cpp/with_cpp" "$expected"
    "$work/cpp/with_static" "$expected"
}

python_consumer() { # LIBDIR
    /usr/bin/python3 "$here/python/main.py" "$1/libsimplernn.so.0" "$expected"
}

rust_consumer() { # LIBDIR
    /usr/bin/rustc --edition 2021 -D warnings -L "native=$1" \
        -o "$work/rust" "$here/rust/main.rs"
    LD_LIBRARY_PATH=$1 "$work/rust" "$expected"
}

command_consumer() { # PREFIX
    "$1/bin/simplernn" check "$root/examples/digits/digits.safetensors"
    test -s "$1/share/man/man1/simplernn.1"
    test -s "$1/share/bash-completion/completions/simplernn"
}

all_consumers() { # PREFIX
    c_consumers "$1/lib"
    ignored_statuses "$1"
    cpp_consumers "-DCMAKE_PREFIX_PATH=$1"
    cpp_with_pkg_config "$1/lib"
    python_consumer "$1/lib"
    rust_consumer "$1/lib"
    command_consumer "$1"
}

install_library() { # PREFIX LIBDIR [CMAKE-ARGUMENT...]
    cmake -S "$root" -B "$work/build" -DBUILD_TESTING=OFF \
        -DSIMPLERNN_EXAMPLES=OFF "-DCMAKE_INSTALL_PREFIX=$1" \
        "-DCMAKE_INSTALL_LIBDIR=$2" "${@:3}" >/dev/null
    cmake --build "$work/build" -j2 >/dev/null
    cmake --install "$work/build" >/dev/null
}

lacks() { # FOLDER PATTERN
    test -z "$(find "$1" -name "$2" -print -quit)"
}

# Whether the program of the consumers in C++ needs the shared library.
needs_shared() { # YES-OR-NO
    local needs=no
    if [[ $(ldd "$work/cpp/with_cpp") == *libsimplernn* ]]; then
        needs=yes
    fi
    test "$needs" = "$1"
}

installs_nothing() { # BUILD-FOLDER
    mkdir -p "$work/nothing"
    cmake --install "$1" --prefix "$work/nothing" >/dev/null
    rmdir "$work/nothing"
}

echo "-- a prefix with a space"
install_library "$work/a prefix" lib
all_consumers "$work/a prefix"

echo "-- DESTDIR, then moved"
DESTDIR=$work/stage install_library /opt/simplernn lib
mv "$work/stage/opt/simplernn" "$work/moved"
all_consumers "$work/moved"

echo "-- an absolute library folder"
install_library "$work/absolute" "$work/absolute/some lib"
PKG_CONFIG_PATH="$work/absolute/some lib/pkgconfig" \
    pkg-config --cflags --libs simplernn
with_pkg_config "$work/absolute/some lib" "$here/c/main.c" "$work/c_absolute"
LD_LIBRARY_PATH="$work/absolute/some lib" "$work/c_absolute" "$expected"
cpp_consumers "-Dsimplernn_DIR=$work/absolute/some lib/cmake/simplernn"
command_consumer "$work/absolute"

echo "-- a static library alone"
install_library "$work/static" lib -DBUILD_SHARED_LIBS=OFF
lacks "$work/static" '*.so*'
with_pkg_config "$work/static/lib" "$here/c/main.c" "$work/c_static"
"$work/c_static" "$expected"
cpp_consumers "-DCMAKE_PREFIX_PATH=$work/static"
needs_shared no
command_consumer "$work/static"

echo "-- a shared library alone"
install_library "$work/shared" lib -DBUILD_SHARED_LIBS=ON -DSIMPLERNN_STATIC=OFF
lacks "$work/shared" '*.a'
with_pkg_config "$work/shared/lib" "$here/c/main.c" "$work/c_shared"
LD_LIBRARY_PATH=$work/shared/lib "$work/c_shared" "$expected"
if cmake -S "$here/cpp" -B "$work/refused" \
    "-DCMAKE_PREFIX_PATH=$work/shared" >"$work/static_missing" 2>&1; then
    exit 1
fi
grep 'static library is not installed' "$work/static_missing"
command_consumer "$work/shared"

echo "-- add_subdirectory"
cpp_consumers "-DSIMPLERNN_SOURCE=$root"
needs_shared no
cpp_consumers "-DSIMPLERNN_SOURCE=$root" -DBUILD_SHARED_LIBS=ON
needs_shared yes
installs_nothing "$work/cpp"
