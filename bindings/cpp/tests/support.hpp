// SPDX-License-Identifier: MIT
// What several tests need.
#ifndef SIMPLERNN_TESTS_SUPPORT_HPP
#define SIMPLERNN_TESTS_SUPPORT_HPP

#include <cstdint>
#include <doctest/doctest.h>
#include <simplernn.hpp>
#include <string>
#include <vector>

// Different numbers from -1 to 1; no two seeds give the same.
template <class T = float>
std::vector<T> numbers(std::int64_t count, std::uint32_t seed)
{
    std::vector<T> values;
    std::uint32_t state = seed * 2654435761u + 1;
    for (std::int64_t i = 0; i < count; i++) {
        state = state * 1664525u + 1013904223u;
        values.push_back(static_cast<T>(state >> 8) / (1 << 23) - 1);
    }
    return values;
}

// Both forms of a call fail, with the status and with the same message.
template <class Try, class Throw>
void check_failure(srnn_status status, Try attempt, Throw call)
{
    const auto outcome = attempt();
    const std::string message = outcome.message();
    INFO(message);
    CHECK(!outcome);
    CHECK(outcome.status() == status);
    CHECK(std::string(outcome.name()) == srnn_status_name(status));
    CHECK(!message.empty());
    try {
        call();
        FAIL("nothing was thrown");
    } catch (const simplernn::error &error) {
        CHECK(error.status() == status);
        CHECK(std::string(error.name()) == srnn_status_name(status));
        CHECK(error.what() == message);
    }
}

#endif
