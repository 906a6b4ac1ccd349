/* SPDX-License-Identifier: MIT */
/* Each kind by its first bytes, and an archive by the file in it. */
#include "io/foreign.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "util/error.h"

/* Of what begins with these bytes. */
typedef struct {
    const char *bytes;
    int64_t count;
    const char *kind;
} row;

static const char by_torch[] = "was written by torch.save";
static const char by_keras[] = "was written by Keras";

/* "the file %s; convert it" */
static const row convertible[] = {
    {"\x89HDF\r\n\x1a\n", 8, "is an HDF5 file, as Keras writes it"},
    {"\x81\xa6params", 8, "was written by Flax"},
    {"\x80\2\x8a\n", 4, by_torch}, /* before PyTorch 1.6 */
};

static const char pickle[] = "a pickle of Python";

/* "the file is %s, not a safetensors file" */
static const row others[] = {
    {"\x93NUMPY", 6, "a NumPy array"},
    {"GGUF", 4, "a GGUF file"},
    {"\x80\2", 2, pickle},
    {"\x80\3", 2, pickle},
    {"\x80\4\x95", 3, pickle},
    {"\x80\5\x95", 3, pickle},
    {"version https://git-lfs", 23,
     "a pointer of Git LFS, which git lfs pull replaces by the file itself"},
    {"{", 1, "a JSON text"},
};

static const char *find(const row *rows, size_t row_count,
                        const unsigned char *bytes, int64_t count)
{
    for (size_t i = 0; i < row_count; i++)
        if (count >= rows[i].count &&
            memcmp(bytes, rows[i].bytes, (size_t)rows[i].count) == 0)
            return rows[i].kind;
    return NULL;
}

static bool has_text(const unsigned char *bytes, int64_t count,
                     const char *text)
{
    return memmem(bytes, (size_t)count, text, strlen(text)) != NULL;
}

/* In an archive the name of the first file follows its 30 bytes of header. */
static const char *archive_kind(const unsigned char *bytes, int64_t count)
{
    static const struct {
        const char *text; /* in that name */
        const char *kind;
    } known[] = {
        {"data.pkl", by_torch},
        {".format_version", by_torch},
        {"metadata.json", by_keras},
        {"config.json", by_keras},
        {"model.weights.h5", by_keras},
        {".npy", "is an .npz archive of NumPy arrays"},
    };
    enum { HEADER = 30, LONGEST = 100 };
    const int64_t left = count < HEADER ? 0 : count - HEADER;
    const int64_t length = left < LONGEST ? left : LONGEST;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (has_text(bytes + count - left, length, known[i].text))
            return known[i].kind;
    return "is a zip archive, as torch.save, torch.jit.save and Keras write it";
}

static bool is_index(const unsigned char *bytes, int64_t count)
{
    return bytes[0] == '{' && (has_text(bytes, count, "\"weight_map\"") ||
                               has_text(bytes, count, "\"total_size\""));
}

/* A protocol buffer that begins with ir_version and then the producer, the
 * graph or the operator sets. */
static bool is_onnx(const unsigned char *bytes)
{
    return bytes[0] == 0x08 && bytes[1] < 0x20 &&
           (bytes[2] == 0x12 || bytes[2] == 0x3a || bytes[2] == 0x42);
}

static const char *convertible_kind(const unsigned char *bytes, int64_t count)
{
    if (memcmp(bytes, "PK\3\4", 4) == 0)
        return archive_kind(bytes, count);
    if (is_index(bytes, count))
        return "is a JSON index of several safetensors files";
    if (is_onnx(bytes))
        return "is an ONNX model";
    return find(convertible, sizeof convertible / sizeof *convertible, bytes,
                count);
}

srnn_status srnn_foreign__check(const unsigned char *bytes, int64_t count)
{
    const char *kind = convertible_kind(bytes, count);
    if (kind != NULL)
        return srnn_error__fail(
            SRNN_ERROR_FORMAT,
            "the file %s; convert it with " SRNN_FOREIGN_CONVERT, kind);
    kind = find(others, sizeof others / sizeof *others, bytes, count);
    if (kind != NULL)
        return srnn_error__fail(SRNN_ERROR_FORMAT,
                                "the file is %s, not a safetensors file", kind);
    return SRNN_OK;
}
