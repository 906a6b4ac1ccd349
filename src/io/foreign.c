/* SPDX-License-Identifier: MIT */
/* Each kind by its first bytes, and an archive by the file in it. */
#include "io/foreign.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define CONVERT_IT "convert it with " SRNN_FOREIGN_CONVERT

static const char by_torch[] =
    "the file was written by torch.save; " CONVERT_IT;
static const char by_keras[] = "the file was written by Keras; " CONVERT_IT;

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
        {".npy", "the file is an .npz archive of NumPy arrays; " CONVERT_IT},
    };
    enum { HEADER = 30, LONGEST = 100 };
    const int64_t left = count < HEADER ? 0 : count - HEADER;
    const int64_t length = left < LONGEST ? left : LONGEST;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (has_text(bytes + count - left, length, known[i].text))
            return known[i].kind;
    return "the file is a zip archive, as torch.save, torch.jit.save and Keras "
           "write it; " CONVERT_IT;
}

static const char *text_kind(const unsigned char *bytes, int64_t count)
{
    if (has_text(bytes, count, "\"weight_map\"") ||
        has_text(bytes, count, "\"total_size\""))
        return "the file is a JSON index of several safetensors files; make "
               "one file of them with " SRNN_FOREIGN_CONVERT;
    return "the file is a JSON text, not a safetensors file";
}

/* A protocol buffer that begins with ir_version and then the producer, the
 * graph or the operator sets. */
static bool is_onnx(const unsigned char *bytes)
{
    return bytes[0] == 0x08 && bytes[1] < 0x20 &&
           (bytes[2] == 0x12 || bytes[2] == 0x3a || bytes[2] == 0x42);
}

const char *srnn_foreign__kind(const unsigned char *bytes, int64_t count)
{
    static const struct {
        const char *bytes;
        int64_t count;
        const char *kind;
    } known[] = {
        {"\x93NUMPY", 6, "the file is a NumPy array, not a safetensors file"},
        {"\x89HDF\r\n\x1a\n", 8,
         "the file is an HDF5 file, as Keras writes it; " CONVERT_IT},
        {"\x81\xa6params", 8, "the file was written by Flax; " CONVERT_IT},
        {"GGUF", 4, "the file is a GGUF file, not a safetensors file"},
        {"\x80\2\x8a\n", 4, by_torch}, /* before PyTorch 1.6 */
        {"\x80\2", 2, "the file is a pickle of Python, not a safetensors file"},
        {"\x80\3", 2, "the file is a pickle of Python, not a safetensors file"},
        {"\x80\4\x95", 3,
         "the file is a pickle of Python, not a safetensors file"},
        {"\x80\5\x95", 3,
         "the file is a pickle of Python, not a safetensors file"},
        {"version https://git-lfs", 23,
         "the file is a pointer of Git LFS; run git lfs pull to get the file "
         "itself"},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (count >= known[i].count &&
            memcmp(bytes, known[i].bytes, (size_t)known[i].count) == 0)
            return known[i].kind;
    if (memcmp(bytes, "PK\3\4", 4) == 0)
        return archive_kind(bytes, count);
    if (bytes[0] == '{')
        return text_kind(bytes, count);
    if (is_onnx(bytes))
        return "the file is an ONNX model; " CONVERT_IT;
    return NULL;
}
