/* SPDX-License-Identifier: MIT */
/* Labels: threads */
/* How OpenBLAS is loaded: not before it is chosen, and not in place of it what
 * cannot be used. The tests go on from one another, as a process has one. */
#include <link.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "gemm/gemm.h"
#include "gemm/openblas.h"
#include "support/counting.h"
#include "support/made_locale.h"
#include "support/temporary.h"
#include "util/error.h"
#include "util/memory.h"

enum { THREADS = 8 };

static int count_if_blas(struct dl_phdr_info *object, size_t size, void *count)
{
    (void)size;
    const char *const slash = strrchr(object->dlpi_name, '/');
    if (strstr(slash == NULL ? object->dlpi_name : slash, "blas") != NULL)
        ++*(int *)count;
    return 0;
}

static int loaded_libraries(void)
{
    int count = 0;
    (void)dl_iterate_phdr(count_if_blas, &count);
    return count;
}

static void refuse(const char *name, const char *says)
{
    assert_int_equal(srnn_openblas__load(name), SRNN_ERROR_UNSUPPORTED);
    if (strstr(srnn_error__text(), says) == NULL)
        fail_msg("\"%s\" does not say: %s", srnn_error__text(), says);
    assert_non_null(strstr(srnn_error__text(), "implementation native"));
    assert_string_equal(srnn_openblas__info(), "");
    assert_string_equal(srnn_gemm__info(SRNN_GEMM_OPENBLAS), "");
}

static void test_openblas__is_not_there_before_it_is_chosen(void **state)
{
    (void)state;
    assert_string_equal(srnn_openblas__info(), "");
    assert_int_equal(srnn_gemm__check(SRNN_GEMM_OPENBLAS), SRNN_OK);
    assert_int_equal(loaded_libraries(), 0);
}

static void test_openblas__may_be_absent(void **state)
{
    (void)state;
    refuse("libnowhere.so.0", "\"libnowhere.so.0: cannot open shared object");
    refuse("libnowhere.so.0", "libopenblas0-pthread");
    refuse("/no\nwhere.so", "cannot load OpenBLAS: \"/no\\x0awhere.so: ");
    assert_int_equal(loaded_libraries(), 0);
}

static void test_openblas__is_missed_in_english(void **state)
{
    (void)state;
    if (!made_locale_enter("fr_FR", "UTF-8"))
        skip();
    refuse("libnowhere.so.0", "\"libnowhere.so.0: cannot open shared object");
    made_locale_leave();
}

static void test_openblas__may_lack_a_symbol(void **state)
{
    (void)state;
    refuse(FAKE_WITHOUT_DGEMM, "undefined symbol: cblas_dgemm");
}

/* Our integers would be halves of its own. */
static void test_openblas__may_have_other_integers(void **state)
{
    (void)state;
    refuse(FAKE_WITH_64_BITS, "USE64BITINT");
}

static pthread_barrier_t barrier;

static void *choose(void *status)
{
    (void)pthread_barrier_wait(&barrier);
    *(srnn_status *)status = srnn_gemm__warm_up(SRNN_GEMM_OPENBLAS);
    return NULL;
}

/* After all that failed. */
static void test_openblas__is_loaded_once_by_many_threads(void **state)
{
    (void)state;
    pthread_t threads[THREADS];
    srnn_status status[THREADS];
    assert_int_equal(pthread_barrier_init(&barrier, NULL, THREADS), 0);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, choose, &status[i]),
                         0);
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(status[i], SRNN_OK);
    }
    assert_int_equal(pthread_barrier_destroy(&barrier), 0);
    assert_int_equal(loaded_libraries(), 1);
    assert_non_null(strstr(srnn_openblas__info(), "; core type "));
    assert_non_null(srnn_openblas__functions()->gemm_f32);
    assert_non_null(srnn_openblas__functions()->gemm_f64);
}

static void test_openblas__stays(void **state)
{
    (void)state;
    const srnn_openblas before = *srnn_openblas__functions();
    assert_int_equal(srnn_openblas__load("libnowhere.so.0"), SRNN_OK);
    assert_int_equal(srnn_openblas__load(FAKE_WITH_64_BITS), SRNN_OK);
    assert_true(before.gemm_f32 == srnn_openblas__functions()->gemm_f32);
    assert_int_equal(loaded_libraries(), 1);
}

/* What is up takes nothing again: a context that is made costs no product. */
static void test_openblas__is_warmed_up_once(void **state)
{
    counting_allocator counts = {.limit = 0};
    (void)state;
    assert_int_equal(
        srnn_memory__set_allocator(counting_allocate, counting_free, &counts),
        SRNN_OK);
    assert_int_equal(srnn_gemm__warm_up(SRNN_GEMM_OPENBLAS), SRNN_OK);
    assert_int_equal(srnn_memory__set_allocator(NULL, NULL, NULL), SRNN_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_openblas__is_not_there_before_it_is_chosen),
        cmocka_unit_test(test_openblas__may_be_absent),
        cmocka_unit_test(test_openblas__is_missed_in_english),
        cmocka_unit_test(test_openblas__may_lack_a_symbol),
        cmocka_unit_test(test_openblas__may_have_other_integers),
        cmocka_unit_test(test_openblas__is_loaded_once_by_many_threads),
        cmocka_unit_test(test_openblas__stays),
        cmocka_unit_test(test_openblas__is_warmed_up_once),
    };
    return cmocka_run_group_tests(tests, temporary_create, temporary_remove);
}
