/* SPDX-License-Identifier: MIT */
/* Every option and every enumerator against every function that takes one, and
 * every object against every function that has options: what belongs to another
 * set or another object is refused by its name. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "support/expect.h"
#include "support/misuse.h"

/* All constants with a name lie here; statuses are those below 1. */
enum { FIRST = -100, FIRST_OPTION = 1, FIRST_ENUMERATOR = 1001, END = 2000 };

static bool is_of_set(int64_t value, const char *beginning)
{
    const char *const name = srnn_constant_name(value);
    return name != NULL && strncmp(name, beginning, strlen(beginning)) == 0;
}

/* Why a function whose objects are of this kind refuses an option, or that it
 * does not. */
static bool is_foreign(char says[128], const char *kind, const char *set,
                       int handle, int32_t option)
{
    const bool is_kind = misuse_is_kind(handle, kind);
    if (is_kind && is_of_set(option, set))
        return false;
    if (is_kind)
        (void)snprintf(says, 128, "%s is not an option of a", /* or an */
                       srnn_constant_name(option));
    else
        (void)snprintf(says, 128, "%s is an srnn_...expected an srnn_%s", kind,
                       kind);
    return true;
}

#define REFUSE_FOREIGN(handle, option, kind, set, ...)                         \
    do {                                                                       \
        char says[128];                                                        \
        if (is_foreign(says, kind, set, handle, option))                       \
            REFUSE(SRNN_ERROR_INVALID, says, __VA_ARGS__);                     \
    } while (0)

static int64_t *const integer = (int64_t *)(void *)misuse_memory;
static double *const real = (double *)(void *)misuse_memory;

static void refuse_option(int handle, int32_t option)
{
    void *const object = misuse_handle(handle);
    static const char set[] = "SRNN_OPTION_";
    REFUSE_FOREIGN(handle, option, "config", set,
                   srnn_config_set_int(object, option, 1));
    REFUSE_FOREIGN(handle, option, "config", set,
                   srnn_config_set_real(object, option, 0.5));
    REFUSE_FOREIGN(handle, option, "config", set,
                   srnn_config_get_int(integer, object, option));
    REFUSE_FOREIGN(handle, option, "config", set,
                   srnn_config_get_real(real, object, option));
    REFUSE_FOREIGN(handle, option, "rnn", set,
                   srnn_rnn_get_int(integer, object, option));
    REFUSE_FOREIGN(handle, option, "rnn", set,
                   srnn_rnn_get_real(real, object, option));
    REFUSE_FOREIGN(handle, option, "context", "SRNN_CONTEXT_",
                   srnn_context_set_int(object, option, 1));
    REFUSE_FOREIGN(handle, option, "context", "SRNN_CONTEXT_",
                   srnn_context_get_int(integer, object, option));
    REFUSE_FOREIGN(handle, option, "stream", "SRNN_STREAM_",
                   srnn_stream_set_int(object, option, 1));
    REFUSE_FOREIGN(handle, option, "stream", "SRNN_STREAM_",
                   srnn_stream_get_int(integer, object, option));
    REFUSE_FOREIGN(handle, option, "tape", "SRNN_TAPE_",
                   srnn_tape_set_int(object, option, 1));
    REFUSE_FOREIGN(handle, option, "tape", "SRNN_TAPE_",
                   srnn_tape_get_int(integer, object, option));
    if (!misuse_is_kind(handle, "rnn") || !is_of_set(option, set))
        ANSWER(0, srnn_rnn_origin(object, option));
}

static void test_misuse_options__every_option_on_every_object(void **state)
{
    (void)state;
    int options = 0;
    for (int32_t option = FIRST_OPTION; option < END; option++) {
        if (srnn_constant_name(option) == NULL)
            continue;
        options++;
        for (int handle = 0; handle < MISUSE_KINDS; handle++)
            refuse_option(handle, option);
    }
    assert_in_range(options, 47, END);
}

/* What a config has to tell how to read weights is nothing that an rnn has. */
static void test_misuse_options__of_reading_alone(void **state)
{
    (void)state;
    static const srnn_option options[] = {SRNN_OPTION_REQUIRE_STATED,
                                          SRNN_OPTION_ALLOW_EXTRA};
    srnn_rnn *rnn = NULL;
    expect_success("rnn", srnn_rnn_create(&rnn, 1, 1, NULL, 1));
    for (int i = 0; i < 2; i++) {
        char says[128];
        (void)snprintf(says, sizeof says, "%s is not an option of an rnn",
                       srnn_constant_name(options[i]));
        REFUSE(SRNN_ERROR_INVALID, says,
               srnn_rnn_get_int(integer, rnn, options[i]));
        REFUSE(SRNN_ERROR_INVALID, says,
               srnn_rnn_get_real(real, rnn, options[i]));
        ANSWER(0, srnn_rnn_origin(rnn, options[i]));
    }
    srnn_rnn_destroy(rnn);
}

/* "SRNN_CONTEXT_GEMM is SRNN_ISA_AVX2, expected": a number below the
 * enumerators stays a number, for it is meant as one. */
static const char *explain(const char *what, int64_t value)
{
    static char says[160];
    if (value < FIRST_ENUMERATOR)
        (void)snprintf(says, sizeof says, "%s is %" PRId64 ", expected", what,
                       value);
    else
        (void)snprintf(says, sizeof says, "%s is %s, expected", what,
                       srnn_constant_name(value));
    return says;
}

typedef struct {
    srnn_config *config;
    srnn_rnn *rnn, *both;
    srnn_context *context;
    srnn_stream *stream;
    srnn_tape *tape;
    srnn_tensor *matrix, *sequence;
} objects;

static objects make_objects(void)
{
    objects o = {.matrix = view(0, F32, SHAPE(1, 1)),
                 .sequence = view(0, F32, SHAPE(1, 1, 1))};
    expect_success("config", srnn_config_create(&o.config));
    expect_success("rnn", srnn_rnn_create(&o.rnn, 1, 1, o.config, 1));
    expect_success("both", srnn_config_set_int(o.config, SRNN_OPTION_DIRECTION,
                                               SRNN_DIRECTION_BIDIRECTIONAL));
    expect_success("both", srnn_rnn_create(&o.both, 1, 1, o.config, 1));
    expect_success("context", srnn_context_create(&o.context, o.rnn));
    expect_success("stream", srnn_stream_create(&o.stream, o.context, 1));
    expect_success("tape", srnn_tape_create(&o.tape, o.rnn));
    return o;
}

static void destroy_objects(objects o)
{
    srnn_tape_destroy(o.tape);
    srnn_stream_destroy(o.stream);
    srnn_context_destroy(o.context);
    srnn_rnn_destroy(o.both);
    srnn_rnn_destroy(o.rnn);
    srnn_config_destroy(o.config);
}

/* As the value of an option that takes enumerators. */
static void refuse_values(const objects *o, int64_t value)
{
    static const struct {
        srnn_option option;
        const char *set;
    } config[] = {{SRNN_OPTION_DIRECTION, "SRNN_DIRECTION_"},
                  {SRNN_OPTION_NONLINEARITY, "SRNN_NONLINEARITY_"},
                  {SRNN_OPTION_DTYPE, "SRNN_DTYPE_"}};
    static const struct {
        srnn_context_option option;
        const char *set;
    } context[] = {{SRNN_CONTEXT_GEMM, "SRNN_GEMM_"},
                   {SRNN_CONTEXT_ISA, "SRNN_ISA_"},
                   {SRNN_CONTEXT_SCHEDULE, "SRNN_SCHEDULE_"}};
    for (int i = 0; i < 3; i++) {
        if (!is_of_set(value, config[i].set))
            REFUSE(SRNN_ERROR_INVALID,
                   explain(srnn_constant_name(config[i].option), value),
                   srnn_config_set_int(o->config, config[i].option, value));
        if (!is_of_set(value, context[i].set))
            REFUSE(SRNN_ERROR_INVALID,
                   explain(srnn_constant_name(context[i].option), value),
                   srnn_context_set_int(o->context, context[i].option, value));
    }
}

/* As the value of an option that is 0 or 1. */
static void refuse_switches(const objects *o, int64_t value)
{
    static const srnn_option switches[] = {
        SRNN_OPTION_BIAS, SRNN_OPTION_BATCH_FIRST, SRNN_OPTION_REQUIRE_STATED,
        SRNN_OPTION_ALLOW_EXTRA};
    for (int i = 0; i < 4; i++)
        REFUSE(SRNN_ERROR_RANGE, "expected 0 to 1",
               srnn_config_set_int(o->config, switches[i], value));
    REFUSE(
        SRNN_ERROR_RANGE, "SRNN_CONTEXT_FLUSH_SUBNORMALS is...0 to 1",
        srnn_context_set_int(o->context, SRNN_CONTEXT_FLUSH_SUBNORMALS, value));
    REFUSE(SRNN_ERROR_RANGE, "SRNN_STREAM_FLUSH_SUBNORMALS is...0 to 1",
           srnn_stream_set_int(o->stream, SRNN_STREAM_FLUSH_SUBNORMALS, value));
    REFUSE(SRNN_ERROR_RANGE, "SRNN_CONTEXT_KEEP_TINY_GRADIENTS is...0 to 1",
           srnn_context_set_int(o->context, SRNN_CONTEXT_KEEP_TINY_GRADIENTS,
                                value));
    REFUSE(SRNN_ERROR_RANGE, "SRNN_TAPE_DROPOUT is...0 to 1",
           srnn_tape_set_int(o->tape, SRNN_TAPE_DROPOUT, value));
}

/* As an argument. */
static void refuse_arguments(const objects *o, int32_t value)
{
    const int64_t shape[] = {1};
    if (!is_of_set(value, "SRNN_NONLINEARITY_"))
        REFUSE(SRNN_ERROR_INVALID, explain("nonlinearity", value),
               srnn_cell_create(&made.cell, value, o->matrix, o->matrix, NULL,
                                NULL));
    if (value != SRNN_DIRECTION_FORWARD)
        REFUSE(SRNN_ERROR_INVALID, explain("direction", value),
               srnn_cell_create_view(&made.cell, o->rnn, 0, value));
    if (value != SRNN_DIRECTION_FORWARD && value != SRNN_DIRECTION_REVERSE)
        REFUSE(SRNN_ERROR_INVALID, explain("direction", value),
               srnn_cell_create_view(&made.cell, o->both, 0, value));
    if (!is_of_set(value, "SRNN_ROLE_"))
        REFUSE(SRNN_ERROR_INVALID, explain("role", value),
               srnn_rnn_shape(integer, o->rnn, value, 1, 1));
    if (!is_of_set(value, "SRNN_ACCUMULATION_")) {
        REFUSE(SRNN_ERROR_INVALID, explain("accumulation", value),
               srnn_context_backward(o->context, o->tape, o->sequence, NULL,
                                     NULL, value, NULL, NULL, NULL, NULL));
        REFUSE(SRNN_ERROR_INVALID, explain("accumulation", value),
               srnn_context_backward_contiguous(o->context, o->tape,
                                                misuse_memory, NULL, NULL,
                                                value, NULL, NULL, NULL, NULL));
    }
    if (is_of_set(value, "SRNN_DTYPE_"))
        return;
    REFUSE(SRNN_ERROR_INVALID, "dtype",
           srnn_tensor_create(&made.tensor, value, 1, shape));
    REFUSE(
        SRNN_ERROR_INVALID, "dtype",
        srnn_tensor_wrap(&made.tensor, misuse_memory, value, 1, shape, NULL));
}

static void test_misuse_options__every_enumerator_in_every_place(void **state)
{
    (void)state;
    const objects o = make_objects();
    for (int32_t value = FIRST; value < END; value++) {
        if (srnn_constant_name(value) == NULL)
            continue;
        refuse_values(&o, value);
        refuse_arguments(&o, value);
        if (value != 0 && value != 1)
            refuse_switches(&o, value);
    }
    destroy_objects(o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_misuse_options__every_option_on_every_object),
        cmocka_unit_test(test_misuse_options__of_reading_alone),
        cmocka_unit_test(test_misuse_options__every_enumerator_in_every_place),
    };
    return misuse_verdict(
        cmocka_run_group_tests(tests, misuse_setup, misuse_teardown));
}
