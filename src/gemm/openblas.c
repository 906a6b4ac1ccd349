/* SPDX-License-Identifier: MIT */
/* OpenBLAS is loaded by dlopen, and only where it is chosen: it maps 36 MB and
 * starts threads before main, which a program that multiplies with the native
 * kernels should not have to pay for. */
#include "gemm/openblas.h"

#include <assert.h>
#include <dlfcn.h>
#include <link.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "util/cancellation.h"
#include "util/error.h"
#include "util/fork.h"
#include "util/memory.h"
#include "util/plain.h"
#include "util/text.h"

#define INSTEAD "or choose the gemm implementation native"

typedef char *text_function(void);
typedef int number_function(void);

/* All that is loaded. */
typedef struct {
    srnn_openblas gemm;
    text_function *config;
    text_function *core_name;
    number_function *threads;
} functions;

/* Written once, under the lock, before is_loaded is set. */
static srnn_openblas loaded;
static char info[256];
static atomic_bool is_loaded;

/* The program comes first. One that was linked statically names no dynamic
 * linker, however it was started. */
static int note_interpreter(struct dl_phdr_info *object, size_t size,
                            void *is_dynamic)
{
    (void)size;
    for (int i = 0; i < object->dlpi_phnum; i++)
        if (object->dlpi_phdr[i].p_type == PT_INTERP)
            *(bool *)is_dynamic = true;
    return 1;
}

static bool is_static_program(void)
{
    bool is_dynamic = false;
    (void)dl_iterate_phdr(note_interpreter, &is_dynamic);
    return !is_dynamic;
}

static srnn_status fail_to_load(void)
{
    char quoted[512];
    srnn_text text = {quoted, sizeof quoted, 0};
    srnn_plain before;
    srnn_plain__enter(&before);
    const char *const reason = dlerror();
    srnn_plain__leave(&before);
    srnn_text__append_quoted(&text, reason == NULL ? "no reason" : reason);
    return srnn_error__fail(SRNN_ERROR_UNSUPPORTED,
                            "cannot load OpenBLAS: %s; install it (on Debian "
                            "the package libopenblas0-pthread) " INSTEAD,
                            quoted);
}

/* false once a symbol is missing, with dlerror() to say which. */
static bool find_all(functions *out, void *library)
{
    return (out->gemm.gemm_f32 = (srnn_openblas_gemm_f32 *)dlsym(
                library, "cblas_sgemm")) != NULL &&
           (out->gemm.gemm_f64 = (srnn_openblas_gemm_f64 *)dlsym(
                library, "cblas_dgemm")) != NULL &&
           (out->config = (text_function *)dlsym(
                library, "openblas_get_config")) != NULL &&
           (out->core_name = (text_function *)dlsym(
                library, "openblas_get_corename")) != NULL &&
           (out->threads = (number_function *)dlsym(
                library, "openblas_get_num_threads")) != NULL;
}

/* A build with 64-bit integers would take ours for halves of its own. */
static srnn_status check_integers(const functions *found)
{
    if (strstr(found->config(), "USE64BITINT") == NULL)
        return SRNN_OK;
    return srnn_error__fail(SRNN_ERROR_UNSUPPORTED,
                            "OpenBLAS was built with 64-bit integers "
                            "(USE64BITINT); install one that was built with "
                            "32-bit integers " INSTEAD);
}

static srnn_status open_library(functions *out, const char *name)
{
    if (is_static_program())
        return srnn_error__fail(SRNN_ERROR_UNSUPPORTED,
                                "cannot load OpenBLAS: the program is fully "
                                "static; link it dynamically " INSTEAD);
    void *const library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL || !find_all(out, library))
        return fail_to_load();
    return check_integers(out);
}

/* What threads that load it at the same time have found is the same. */
static void publish(const functions *found)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    char text[sizeof info];
    assert(found->config != NULL && found->core_name != NULL &&
           found->threads != NULL);
    (void)snprintf(text, sizeof text, "%s; core type %s; threads %d",
                   found->config(), found->core_name(), found->threads());
    (void)pthread_mutex_lock(&lock);
    if (!atomic_load(&is_loaded)) {
        memcpy(info, text, sizeof info);
        loaded = found->gemm;
        atomic_store(&is_loaded, true);
    }
    (void)pthread_mutex_unlock(&lock);
}

/* The lock is not held while the dynamic linker has its own: a library whose
 * constructor chooses OpenBLAS would have them in the other order. That the
 * library is one, however many threads open it, is the linker's business. */
srnn_status srnn_openblas__load(const char *name)
{
    functions found = {0};
    if (atomic_load(&is_loaded))
        return SRNN_OK;
    SRNN_TRY(open_library(&found, name));
    publish(&found);
    return SRNN_OK;
}

const srnn_openblas *srnn_openblas__functions(void)
{
    return &loaded;
}

const char *srnn_openblas__info(void)
{
    return atomic_load(&is_loaded) ? info : "";
}

enum { SIZE = 128 };

/* Large enough that every OpenBLAS takes its general path: it maps the buffers
 * and starts the threads that later calls use. If that fails it retries
 * without end, which is better met here than in the middle of a forward. */
static srnn_status multiply_once(void)
{
    void *zeros = NULL;
    void *result = NULL;
    const int64_t bytes = (int64_t)SIZE * SIZE * (int64_t)sizeof(float);
    srnn_status status = srnn_memory__create(&zeros, bytes);
    if (status == SRNN_OK)
        status = srnn_memory__create(&result, bytes);
    if (status == SRNN_OK)
        loaded.gemm_f32(SRNN_CBLAS_ROW_MAJOR, SRNN_CBLAS_NO_TRANS,
                        SRNN_CBLAS_TRANS, SIZE, SIZE, SIZE, 1.0f, zeros, SIZE,
                        zeros, SIZE, 1.0f, result, SIZE);
    srnn_memory__destroy(result);
    srnn_memory__destroy(zeros);
    return status;
}

/* Not to be cancelled where the linker or OpenBLAS holds a lock. A child after
 * fork has none of the threads, so it is cold again there. */
srnn_status srnn_openblas__warm_up(void)
{
    static atomic_uint warm; /* the generation of the process, or 0 */
    const unsigned int generation = srnn_fork__generation();
    if (atomic_load(&warm) == generation)
        return SRNN_OK;
    const int before = srnn_cancellation__hold();
    srnn_status status = srnn_openblas__load(SRNN_OPENBLAS_SONAME);
    if (status == SRNN_OK)
        status = multiply_once();
    if (status == SRNN_OK)
        atomic_store(&warm, generation);
    srnn_cancellation__allow(before);
    return status;
}
