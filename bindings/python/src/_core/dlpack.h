/* SPDX-License-Identifier: MIT */
/* The structures of DLPack 1.3, by which array libraries show each other their
 * memory. See dmlc/dlpack, include/dlpack/dlpack.h, for what each field means.
 */
#ifndef CORE_DLPACK_H
#define CORE_DLPACK_H

#include <stdint.h>

enum { DLPACK_MAJOR = 1, DLPACK_CPU = 1 };

/* Flags of a tensor. */
enum { DLPACK_READ_ONLY = 1, DLPACK_IS_COPIED = 2 };

/* Codes of a type. */
enum {
    DLPACK_INT = 0,
    DLPACK_UINT = 1,
    DLPACK_FLOAT = 2,
    DLPACK_BFLOAT = 4,
    DLPACK_COMPLEX = 5,
    DLPACK_BOOL = 6
};

typedef struct {
    uint32_t major;
    uint32_t minor;
} dlpack_version;

typedef struct {
    int32_t type;
    int32_t id;
} dlpack_device;

typedef struct {
    uint8_t code;
    uint8_t bits;
    uint16_t lanes;
} dlpack_dtype;

typedef struct {
    void *data;
    dlpack_device device;
    int32_t ndim;
    dlpack_dtype dtype;
    int64_t *shape;
    int64_t *strides; /* in elements; NULL for contiguous */
    uint64_t byte_offset;
} dlpack_tensor;

/* In a capsule "dltensor". */
typedef struct dlpack_managed {
    dlpack_tensor tensor;
    void *context;
    void (*deleter)(struct dlpack_managed *self);
} dlpack_managed;

/* In a capsule "dltensor_versioned". */
typedef struct dlpack_versioned {
    dlpack_version version;
    void *context;
    void (*deleter)(struct dlpack_versioned *self);
    uint64_t flags;
    dlpack_tensor tensor;
} dlpack_versioned;

/* In a capsule "dlpack_exchange_api", which is the attribute
 * __dlpack_c_exchange_api__ of a type. Functions return 0, or -1 with a Python
 * exception; the allocator reports its error through set_error. */
typedef struct dlpack_exchange {
    dlpack_version version;
    struct dlpack_exchange *previous;
    int (*allocate)(dlpack_tensor *prototype, dlpack_versioned **out,
                    void *error_context,
                    void (*set_error)(void *error_context, const char *kind,
                                      const char *message));
    int (*managed_from_object)(void *object, dlpack_versioned **out);
    int (*object_from_managed)(dlpack_versioned *tensor, void **out);
    int (*tensor_from_object)(void *object, dlpack_tensor *out); /* or NULL */
    int (*current_stream)(int32_t device_type, int32_t device_id, void **out);
} dlpack_exchange;

#endif
