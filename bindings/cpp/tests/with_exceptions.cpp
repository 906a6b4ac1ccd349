// SPDX-License-Identifier: MIT
// A callback of this unit may throw, although the other unit of the program is
// compiled without exceptions. The order of the units in the link is no matter:
// see CMakeLists.txt. It says what is wrong, if anything is.
#include <cstdint>
#include <cstdio>
#include <functional>
#include <simplernn.hpp>

#include "without_exceptions.hpp"

namespace sr = simplernn;

namespace {

std::int64_t refuse_bytes(const void *, std::size_t)
{
    throw 12;
}

std::int64_t refuse_to_read(std::int64_t, void *, std::size_t)
{
    throw 12;
}

template <class Call> bool throws_12(Call call)
{
    try {
        call();
    } catch (int thrown) {
        return thrown == 12;
    }
    return false;
}

bool check(bool is_right, const char *what)
{
    if (!is_right)
        std::printf("wrong: %s\n", what);
    return is_right;
}

} // namespace

int main()
{
    const auto rnn = sr::rnn::create(3, 5);
    writer write = refuse_bytes;
    reader read = refuse_to_read;
    const bool saves =
        check(throws_12([&] { rnn.save_callback(write); }), "save_callback");
    const bool opens =
        check(throws_12([&] { sr::weights::open_callback(read, 100); }),
              "open_callback");
    const bool is_good = check(fails_without_exceptions(), "the other unit");
    return saves && opens && is_good ? 0 : 1;
}
