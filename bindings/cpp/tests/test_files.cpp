// SPDX-License-Identifier: MIT
// Files, and exceptions of the callbacks that read and write them.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <string>

#include "support.hpp"

namespace sr = simplernn;

namespace {

struct disk_full : std::exception {};

using bytes = std::vector<unsigned char>;

bytes image_of(const sr::rnn &rnn, sr::zstring prefix = nullptr)
{
    bytes image;
    rnn.save_callback(
        [&](const void *data, std::size_t size) {
            const auto *const begin = static_cast<const unsigned char *>(data);
            image.insert(image.end(), begin, begin + size);
            return static_cast<std::int64_t>(size);
        },
        prefix);
    return image;
}

// Reads from memory, and throws from a given call on.
struct memory_reader {
    bytes image;
    int calls_left;
    std::int64_t operator()(std::int64_t offset, void *target, std::size_t size)
    {
        if (calls_left-- == 0)
            throw disk_full();
        std::memcpy(target, image.data() + offset, size);
        return static_cast<std::int64_t>(size);
    }
};

bool are_equal(const sr::rnn &a, const sr::rnn &b)
{
    const auto size = a.flat_size() * std::int64_t{sizeof(float)};
    return a.flat_size() == b.flat_size() &&
           std::memcmp(a.parameter(0).data, b.parameter(0).data,
                       static_cast<std::size_t>(size)) == 0;
}

// A file of float32 tensors [1,1] of zeros, without metadata.
bytes file_of(const std::vector<std::string> &names)
{
    std::string header = "{";
    std::size_t end = 0;
    for (const std::string &name : names) {
        header += (end > 0 ? ",\"" : "\"") + name +
                  R"(":{"dtype":"F32","shape":[1,1],"data_offsets":[)" +
                  std::to_string(end) + "," + std::to_string(end + 4) + "]}";
        end += 4;
    }
    header += "}";
    bytes file(8 + header.size() + end);
    file[0] = static_cast<unsigned char>(header.size());
    file[1] = static_cast<unsigned char>(header.size() >> 8);
    std::memcpy(file.data() + 8, header.data(), header.size());
    return file;
}

} // namespace

TEST_CASE("options say how to read a file")
{
    const bytes plain = file_of({"weight_hh_l0", "weight_ih_l0"});
    const bytes extra = file_of({"scale", "weight_hh_l0", "weight_ih_l0"});
    const auto read = [](const bytes &file, const sr::options &options) {
        const auto weights = sr::weights::open_memory(file.data(), file.size());
        return sr::rnn::try_create_from_weights(weights, "", options).status();
    };
    sr::options stated;
    stated.require_stated = true;
    sr::options allowing;
    allowing.allow_extra = true;
    CHECK(read(plain, {}) == SRNN_OK);
    CHECK(read(plain, stated) == SRNN_ERROR_NOT_FOUND);
    CHECK(read(plain, allowing) == SRNN_OK);
    CHECK(read(extra, {}) == SRNN_ERROR_FORMAT);
    CHECK(read(extra, allowing) == SRNN_OK);
}

TEST_CASE("a network in memory")
{
    const auto rnn = sr::rnn::create(3, 5, {}, 1);
    const auto image = image_of(rnn, "reader.");
    const auto file = sr::weights::open_memory(image.data(), image.size());
    CHECK(are_equal(rnn, sr::rnn::create_from_weights(file, "reader.")));
    CHECK(are_equal(rnn, rnn.clone()));
    CHECK(file.count() == 4);
    CHECK(std::string(file.name(0)) == "reader.bias_hh_l0");
    CHECK(std::string(file.type(0)) == "F32");
    CHECK(file.shape(3).size() == 2);
    CHECK(file.shape(3)[1] == 3);
    CHECK(file.shape(4).data() == nullptr);
    CHECK(std::string(file.metadata("reader.nonlinearity")) == "tanh");
    CHECK(file.metadata("none") == nullptr);
    CHECK(std::string(file.metadata_key(0)) == "reader.batch_first");
    const auto bias = file.read_tensor("reader.bias_hh_l0");
    CHECK(bias.data<float>()[0] ==
          rnn.copy_parameter("bias_hh_l0").data<float>()[0]);
    CHECK(rnn.describe(4, 2).find("weight_hh_l0") != std::string::npos);
    char text[4];
    const auto small = rnn.try_describe(text, sizeof text, 4, 2);
    CHECK(small.status() == SRNN_ERROR_BUFFER);
    CHECK(*small == rnn.describe(4, 2).size());
}

TEST_CASE("a network on the disk")
{
    char folder[] = "/tmp/simplernn-XXXXXX";
    REQUIRE(mkdtemp(folder) != nullptr);
    const std::string path = folder + std::string("/model.safetensors");
    const auto rnn = sr::rnn::create(3, 5, {}, 1);
    const char *const metadata[] = {"epoch", "12", nullptr};
    rnn.save_alone(path, nullptr, metadata);
    rnn.save(path, "second.");
    {
        const auto file = sr::weights::open(path);
        CHECK(file.count() == 8);
        CHECK(std::string(file.metadata("epoch")) == "12");
        CHECK(are_equal(rnn, sr::rnn::create_from_weights(file, "second.")));
        check_failure( // the other network is in the way
            SRNN_ERROR_FORMAT,
            [&] { return sr::rnn::try_create_from_weights(file); },
            [&] { sr::rnn::create_from_weights(file); });
    }
    std::remove(path.c_str());
    std::remove(folder);
    check_failure(
        SRNN_ERROR_INVALID, [&] { return rnn.try_save(""); },
        [&] { rnn.save(""); });
}

TEST_CASE("a callback that writes may throw")
{
    const auto rnn = sr::rnn::create(3, 5);
    int calls = 0;
    auto write = [&](const void *, std::size_t size) -> std::int64_t {
        if (++calls == 2)
            throw disk_full();
        return static_cast<std::int64_t>(size);
    };
    CHECK_THROWS_AS(rnn.save_callback(write), disk_full);
    CHECK(calls == 2);
    calls = 0;
    CHECK(rnn.try_save_callback(write).status() == SRNN_ERROR_IO);
    // What it threw then is gone.
    CHECK_THROWS_AS(
        rnn.save_callback([](const void *, std::size_t) { return -7; }),
        sr::error);
}

TEST_CASE("a callback that reads may throw")
{
    const auto rnn = sr::rnn::create(3, 5);
    const auto image = image_of(rnn);
    const auto size = static_cast<std::int64_t>(image.size());
    memory_reader reader{image, -1};
    const auto file = sr::weights::open_callback(reader, size);
    CHECK(are_equal(rnn, sr::rnn::create_from_weights(file)));
    reader.calls_left = 0;
    CHECK_THROWS_AS(sr::rnn::create_from_weights(file), disk_full);
    reader.calls_left = 0;
    CHECK_THROWS_AS(file.read_tensor("bias_hh_l0"), disk_full);
    reader.calls_left = 0;
    CHECK_THROWS_AS(sr::weights::open_callback(reader, size), disk_full);
    reader.calls_left = 0;
    CHECK(sr::weights::try_open_callback(reader, size).status() ==
          SRNN_ERROR_IO);
    reader.calls_left = 0;
    CHECK(file.try_read_tensor("bias_hh_l0").status() == SRNN_ERROR_IO);
    // The file is as good as before, and an old exception does not come back.
    CHECK(file.read_tensor("bias_hh_l0").size() == 5);
    CHECK_THROWS_AS(file.read_tensor("none"), sr::error);
}

TEST_CASE("a callback may call the library")
{
    const auto rnn = sr::rnn::create(3, 5);
    const auto nested = [&](const void *, std::size_t) -> std::int64_t {
        try {
            rnn.save_callback([](const void *, std::size_t) -> std::int64_t {
                throw std::logic_error("inner");
            });
        } catch (const std::logic_error &) {
            throw disk_full();
        }
        return -1;
    };
    CHECK_THROWS_AS(rnn.save_callback(nested), disk_full);
    rnn.save_callback([&](const void *, std::size_t size) {
        CHECK(!rnn.try_save_callback(
            [](const void *, std::size_t) -> std::int64_t {
                throw std::logic_error("inner");
            }));
        return static_cast<std::int64_t>(size); // so the outer call succeeds
    });
}
