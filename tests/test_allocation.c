/* SPDX-License-Identifier: MIT */
/* Labels: uses-threads */
/* Every allocation in every public function made to fail, once and from then
 * on; what need not allocate works without memory. */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/config.h"
#include "support/expect.h"
#include "support/failing.h"
#include "support/headers.h"
#include "support/little_endian.h"
#include "support/misuse.h"
#include "support/parameters.h"
#include "support/saved_file.h"
#include "support/sweep.h"
#include "support/temporary.h"
#include "support/weights_file.h"

enum { T = 3, B = 2, I = 4, H = 2, L = 2, D = 2 };
enum { WIDTH = D * H, CELLS = L * D };

/* Where tensors lie, in bytes of misuse_memory. */
enum {
    INPUT = 1024,
    H0 = 2048,
    OUTPUT = 3072,
    H_N = 4096,
    LENGTHS = 5120,
    RESETS = 6144,
    FAR = 8192,
    D_INPUT = 16384,
    D_H0 = 17408,
    D_FRESH = 18432,
    GRADIENTS = 19456
};

/* OpenBLAS is tried out on two buffers. */
enum { WARM_UP = SRNN_HAVE_OPENBLAS ? 2 : 0 };

/* What the calls work on, from setup to teardown. */
static srnn_config *config;
static srnn_rnn *rnn;
static srnn_cell *cell;
static weights_file file;
static srnn_weights *weights;

static srnn_tensor *step_x, *step_h, *step_y;  /* [B,I], [B,H], [B,H] */
static srnn_tensor *x, *h0, *y, *h_n;          /* as context.h says */
static srnn_tensor *line_states, *both_states; /* of a stream, D is 1 or 2 */

/* What prepare makes for one call. */
static srnn_context *context;

static void prepare_nothing(void)
{
}

static void prepare_context(void)
{
    expect_success("context", srnn_context_create(&context, rnn));
    expect_success("gemm", srnn_context_set_int(context, SRNN_CONTEXT_GEMM,
                                                SRNN_GEMM_NATIVE));
}

static uint64_t hash(const void *bytes, size_t size)
{
    return little_endian_hash(LITTLE_ENDIAN_HASH, bytes, 1, size);
}

/* The result of a call as a number. Each also destroys what was made. */
static uint64_t in_memory(void)
{
    return hash(misuse_memory, sizeof misuse_memory);
}

static uint64_t in_tensor(void)
{
    srnn_tensor *const tensor = made.tensor;
    const uint64_t sum =
        hash(srnn_tensor_data(tensor),
             (size_t)srnn_tensor_size(tensor) * sizeof(float)) +
        (uint64_t)srnn_tensor_rank(tensor);
    srnn_tensor_destroy(tensor);
    return sum;
}

static uint64_t in_const_tensor(void)
{
    srnn_tensor *const tensor = made.tensor;
    const uint64_t sum =
        hash(srnn_tensor_const_data(tensor), 3 * sizeof(float)) +
        (uint64_t)srnn_tensor_size(tensor);
    srnn_tensor_destroy(tensor);
    return sum;
}

static uint64_t in_rnn(void)
{
    srnn_rnn *const created = made.rnn;
    uint64_t sum = 0;
    for (int64_t i = 0; i < srnn_rnn_parameter_count(created); i++) {
        made.tensor = parameter_copy(created, i);
        sum = 31 * sum + in_tensor();
    }
    srnn_rnn_destroy(created);
    return sum;
}

static uint64_t in_config(void)
{
    srnn_config *const created = made.config;
    expect_success("rnn", srnn_rnn_create(&made.rnn, I, H, created, 1));
    srnn_config_destroy(created);
    return in_rnn();
}

static uint64_t in_cell(void)
{
    expect_success("forward",
                   srnn_cell_forward(made.cell, step_x, step_h, step_y));
    srnn_cell_destroy(made.cell);
    return in_memory();
}

static uint64_t in_context(void)
{
    expect_success("forward",
                   srnn_context_forward(made.context, x, h0, y, h_n));
    srnn_context_destroy(made.context);
    return in_memory();
}

static uint64_t in_memory_of_context(void)
{
    srnn_context_destroy(context);
    return in_memory();
}

/* Of zeros, or of what they were wrapped around. */
static uint64_t in_gradients(void)
{
    const srnn_tensor *const flat = srnn_gradients_flat(made.gradients);
    const srnn_tensor *const last =
        srnn_gradients_tensor(made.gradients, "bias_hh_l1_reverse");
    const uint64_t sum = hash(srnn_tensor_const_data(flat),
                              (size_t)srnn_tensor_size(flat) * sizeof(float)) +
                         hash(srnn_tensor_const_data(last), H * sizeof(float));
    srnn_gradients_destroy(made.gradients);
    return sum;
}

static uint64_t in_learned_tensor(void)
{
    const srnn_tensor *const tensor =
        srnn_gradients_tensor(made.gradients, "h0");
    const uint64_t sum = hash(srnn_tensor_const_data(tensor),
                              (size_t)srnn_tensor_size(tensor) * sizeof(float));
    srnn_gradients_destroy(made.gradients);
    return sum;
}

static uint64_t in_weights(void)
{
    srnn_weights *const created = made.weights;
    expect_success("tensor",
                   srnn_weights_read_tensor(&made.tensor, created,
                                            srnn_weights_name(created, 0)));
    const uint64_t sum =
        in_tensor() + hash(srnn_weights_metadata(created, "batch_first"), 5);
    srnn_weights_destroy(created);
    return sum;
}

static void test_allocation__fails_in_tensors(void **state)
{
    (void)state;
    const srnn_tensor *const two[] = {x, x};
    SWEEP(1, prepare_nothing, in_tensor,
          srnn_tensor_create(&made.tensor, F32, SHAPE(2, 3)));
    SWEEP(
        1, prepare_nothing, in_tensor,
        srnn_tensor_wrap(&made.tensor, misuse_memory, F32, SHAPE(2, 3), NULL));
    SWEEP(1, prepare_nothing, in_const_tensor,
          srnn_tensor_wrap_const(&made.tensor, misuse_memory, F32, SHAPE(2, 3),
                                 LIST(0, 1)));
    SWEEP(1, prepare_nothing, in_tensor,
          srnn_tensor_concatenate(&made.tensor, two, 2, 1));
}

static void test_allocation__fails_in_rnns(void **state)
{
    (void)state;
    enum { VALUES = 4 };
    const srnn_tensor *const values[VALUES] = {
        view(INPUT, F32, SHAPE(H, I)), view(H0, F32, SHAPE(H, H)),
        view(H_N, F32, SHAPE(H)), view(H_N, F32, SHAPE(H))};
    SWEEP(1, prepare_nothing, in_config, srnn_config_create(&made.config));
    SWEEP(1, prepare_nothing, in_rnn,
          srnn_rnn_create(&made.rnn, I, H, config, 7));
    SWEEP(1, prepare_nothing, in_rnn,
          srnn_rnn_create_from_tensors(&made.rnn, values, VALUES, NULL));
    SWEEP(1, prepare_nothing, in_rnn, srnn_rnn_clone(&made.rnn, rnn));
    SWEEP(1, prepare_nothing, in_tensor,
          srnn_rnn_copy_parameter(&made.tensor, rnn, "weight_ih_l1"));
}

static void test_allocation__fails_in_gradients(void **state)
{
    (void)state;
    srnn_tensor *const value = view(H_N, F32, SHAPE(2, H));
    SWEEP(1, prepare_nothing, in_gradients,
          srnn_gradients_create(&made.gradients, rnn));
    SWEEP(1, prepare_nothing, in_gradients,
          srnn_gradients_wrap(&made.gradients, rnn, misuse_memory + FAR));
    SWEEP(1, prepare_nothing, in_learned_tensor,
          srnn_gradients_create_tensor(&made.gradients, value, "h0"));
}

static int64_t read_file(void *user, int64_t offset, void *target, size_t size)
{
    (void)user;
    memcpy(target, file.bytes + offset, size);
    return (int64_t)size;
}

static void test_allocation__fails_in_weights(void **state)
{
    (void)state;
    const char *const path = temporary_write("rnn", file.bytes, file.size);
    SWEEP(1, prepare_nothing, in_weights,
          srnn_weights_open(&made.weights, path));
    SWEEP(1, prepare_nothing, in_weights,
          srnn_weights_open_memory(&made.weights, file.bytes, file.size));
    SWEEP(1, prepare_nothing, in_weights,
          srnn_weights_open_callback(&made.weights, read_file, NULL,
                                     (int64_t)file.size));
    SWEEP(1, prepare_nothing, in_tensor,
          srnn_weights_read_tensor(&made.tensor, weights, "rnn.weight_hh_l1"));
    SWEEP(1, prepare_nothing, in_rnn,
          srnn_rnn_create_from_weights(&made.rnn, weights, "rnn.", NULL));
}

/* Bytes that were saved, until they are hashed. */
static weights_file saved;

static int64_t write_saved(void *user, const void *bytes, size_t size)
{
    (void)user;
    weights_file_append(&saved, bytes, size);
    return (int64_t)size;
}

static uint64_t in_saved(void)
{
    const uint64_t sum = hash(saved.bytes, saved.size);
    weights_file_free(&saved);
    return sum;
}

static uint64_t in_saved_file(void)
{
    const char *const path = temporary_path("saved");
    saved = saved_file_read(path);
    assert_int_equal(unlink(path), 0);
    return in_saved();
}

/* Another rnn in the file, which stays. */
static void prepare_old_file(void)
{
    expect_success("old file", srnn_rnn_save_alone(rnn, temporary_path("saved"),
                                                   "other.", NULL));
}

static void test_allocation__fails_in_saving(void **state)
{
    (void)state;
    char path[512];
    (void)strcpy(path, temporary_path("saved"));
    static const char *const metadata[] = {"b", "1", "a", "2", NULL};
    SWEEP(2, prepare_nothing, in_saved_file,
          srnn_rnn_save(rnn, path, "rnn.", metadata));
    SWEEP(2, prepare_old_file, in_saved_file,
          srnn_rnn_save(rnn, path, "rnn.", metadata));
    SWEEP(2, prepare_nothing, in_saved_file,
          srnn_rnn_save_alone(rnn, path, "rnn.", metadata));
    assert_int_equal(temporary_clear(".simplernn-"), 0);
    SWEEP(2, prepare_nothing, in_saved,
          srnn_rnn_save_callback(rnn, write_saved, NULL, "rnn.", metadata));
}

static void test_allocation__fails_in_cells(void **state)
{
    (void)state;
    srnn_tensor *const weight_ih = view(INPUT, F32, SHAPE(H, I));
    srnn_tensor *const weight_hh = view(H0, F32, SHAPE(H, H));
    srnn_tensor *const bias = view(H_N, F32, SHAPE(H));
    SWEEP(2, prepare_nothing, in_cell,
          srnn_cell_create(&made.cell, SRNN_NONLINEARITY_TANH, weight_ih,
                           weight_hh, bias, bias));
    SWEEP(1, prepare_nothing, in_cell,
          srnn_cell_create_view(&made.cell, rnn, 0, SRNN_DIRECTION_REVERSE));
}

/* Each of the steps that need memory. */
static void test_allocation__fails_in_steps(void **state)
{
    (void)state;
    srnn_tensor *const far_x = view_strided(FAR, F32, SHAPE(B, I), LIST(9, 2));
    srnn_tensor *const far_h = view_strided(FAR, F32, SHAPE(B, H), LIST(9, 2));
    SWEEP(1, prepare_nothing, in_memory,
          srnn_cell_forward(cell, step_x, step_y, step_y));
    SWEEP(1, prepare_nothing, in_memory,
          srnn_cell_forward(cell, step_x, NULL, step_y));
    SWEEP(1, prepare_nothing, in_memory,
          srnn_cell_forward(cell, far_x, step_h, step_y));
    SWEEP(1, prepare_nothing, in_memory,
          srnn_cell_forward(cell, step_x, far_h, step_y));
    SWEEP(1, prepare_nothing, in_memory,
          srnn_cell_forward(cell, step_x, step_h, far_h));
}

static void test_allocation__fails_in_contexts(void **state)
{
    (void)state;
    SWEEP(1, prepare_nothing, in_context,
          srnn_context_create(&made.context, rnn));
}

#if SRNN_HAVE_OPENBLAS
static uint64_t in_gemm(void)
{
    int64_t gemm = 0;
    expect_success("gemm",
                   srnn_context_get_int(&gemm, context, SRNN_CONTEXT_GEMM));
    srnn_context_destroy(context);
    return (uint64_t)gemm;
}

/* The provider stays as it is. It is warmed up once, so that nothing before
 * this may choose it, and nothing after it can fail so. */
static void test_allocation__fails_to_warm_openblas_up(void **state)
{
    (void)state;
    prepare_context();
    for (long refused = 1; refused <= WARM_UP; refused++) {
        failing_refuse(refused, LONG_MAX);
        REFUSE(SRNN_ERROR_NO_MEMORY, "bytes",
               srnn_context_set_int(context, SRNN_CONTEXT_GEMM,
                                    SRNN_GEMM_OPENBLAS));
        failing_refuse(0, 0);
    }
    assert_int_equal(in_gemm(), SRNN_GEMM_NATIVE);
    for (long first = 0; first <= 1; first++) {
        prepare_context();
        failing_refuse(first, first * LONG_MAX);
        ACCEPT(srnn_context_set_int(context, SRNN_CONTEXT_GEMM,
                                    SRNN_GEMM_OPENBLAS));
        failing_refuse(0, 0);
        assert_int_equal(in_gemm(), SRNN_GEMM_OPENBLAS);
    }
}
#endif

/* misuse_fill has been here. */
static void prepare_sequences(void)
{
    const int64_t steps[B] = {T, 1};
    prepare_context();
    memcpy(misuse_memory + LENGTHS, steps, sizeof steps);
}

static void test_allocation__fails_in_forward(void **state)
{
    (void)state;
    srnn_tensor *const lengths = view(LENGTHS, I64, SHAPE(B));
    srnn_tensor *const resets = view(RESETS, U8, SHAPE(T, B));
    srnn_tensor *const far_x =
        view_strided(FAR, F32, SHAPE(T, B, I), LIST(40, 20, 3));
    srnn_tensor *const far_h =
        view_strided(FAR, F32, SHAPE(CELLS, B, H), LIST(40, 20, 3));
    SWEEP(1, prepare_context, in_memory_of_context,
          srnn_context_forward(context, x, h0, y, h_n));
    SWEEP(1, prepare_context, in_memory_of_context,
          srnn_context_forward(context, x, NULL, NULL, h_n));
    SWEEP(1, prepare_context, in_memory_of_context,
          srnn_context_forward(context, far_x, h0, y, NULL));
    SWEEP(1, prepare_context, in_memory_of_context,
          srnn_context_forward(context, x, h0, y, far_h));
    SWEEP(1, prepare_context, in_memory_of_context,
          srnn_context_forward_contiguous(
              context, T, B, misuse_memory + INPUT, misuse_memory + H0,
              misuse_memory + OUTPUT, misuse_memory + H_N));
    SWEEP(1, prepare_context, in_memory_of_context,
          srnn_context_forward_contiguous(context, T, B, misuse_memory + INPUT,
                                          NULL, NULL, misuse_memory + H_N));
    SWEEP(1, prepare_sequences, in_memory_of_context,
          srnn_context_forward_sequences(context, far_x, NULL, NULL, NULL, NULL,
                                         NULL, h_n));
    SWEEP(1, prepare_sequences, in_memory_of_context,
          srnn_context_forward_sequences(context, x, lengths, resets, h0, far_h,
                                         y, h_n));
}

/* The call succeeds without memory. */
#define WORKS(...)                                                             \
    do {                                                                       \
        ACCEPT(__VA_ARGS__);                                                   \
        misuse_note(#__VA_ARGS__);                                             \
    } while (0)

/* One direction: an rnn that can be stepped. */
static void prepare_line(void)
{
    srnn_rnn *line = NULL;
    expect_success("rnn", srnn_rnn_create(&line, I, H, NULL, 1));
    expect_success("context", srnn_context_create(&context, line));
    srnn_rnn_destroy(line); /* which the context keeps */
}

static srnn_stream *stream;

static void prepare_stream(void)
{
    prepare_line();
    expect_success("stream", srnn_stream_create(&stream, context, B));
}

static void prepare_window(void)
{
    expect_success("context", srnn_context_create(&context, rnn));
    expect_success("stream", srnn_stream_create(&stream, context, B));
}

/* What the stream goes on with is part of the result. */
static uint64_t in_stream(void)
{
    const bool is_line = srnn_rnn_parameter_count(srnn_stream_rnn(stream)) == 4;
    srnn_tensor *const own = is_line ? line_states : both_states;
    expect_success("state", srnn_stream_get_state(stream, own));
    srnn_stream_destroy(stream);
    return in_memory_of_context();
}

static uint64_t in_made_stream(void)
{
    stream = made.stream;
    return in_stream();
}

static void test_allocation__fails_in_streams(void **state)
{
    (void)state;
    srnn_tensor *const line_y = view(OUTPUT, F32, SHAPE(T, B, H));
    srnn_tensor *const window_y = view(OUTPUT, F32, SHAPE(T - 1, B, 2 * H));
    srnn_tensor *const resets = view(RESETS, U8, SHAPE(T, B));
    srnn_tensor *const fresh = view(H0, F32, SHAPE(1, B, H));
    SWEEP(1, prepare_line, in_made_stream,
          srnn_stream_create(&made.stream, context, B));
    SWEEP(1, prepare_stream, in_stream,
          srnn_stream_advance(stream, context, x, NULL, NULL, line_y));
    SWEEP(1, prepare_stream, in_stream,
          srnn_stream_advance(stream, context, x, resets, fresh, line_y));
    SWEEP(1, prepare_window, in_stream,
          srnn_stream_advance(stream, context, x, NULL, NULL, window_y));
}

static void test_allocation__never_happens_in_steps(void **state)
{
    (void)state;
    srnn_tensor *const states = view(H0, F32, SHAPE(1, B, H));
    const uint8_t rows[B] = {1};
    int64_t batch = 0;
    srnn_rnn *twin = NULL;
    prepare_stream();
    expect_success("twin", srnn_rnn_clone(&twin, srnn_stream_rnn(stream)));
    failing_refuse(1, LONG_MAX);
    WORKS(srnn_stream_step(stream, misuse_memory + INPUT,
                           misuse_memory + OUTPUT));
    WORKS(srnn_stream_get_state(stream, states));
    WORKS(srnn_stream_set_state(stream, states));
    WORKS(srnn_stream_reset(stream, rows, misuse_memory + H0, 1));
    WORKS(srnn_stream_set_int(stream, SRNN_STREAM_FLUSH_SUBNORMALS, 1));
    WORKS(srnn_stream_get_int(&batch, stream, SRNN_STREAM_BATCH));
    WORKS(srnn_stream_set_rnn(stream, twin));
    ANSWER(twin, srnn_stream_rnn(stream));
    NOTHING(srnn_stream_destroy(stream));
    assert_int_equal(failing_requests(), 0);
    failing_refuse(0, 0);
    srnn_rnn_destroy(twin);
    srnn_context_destroy(context);
}

static void prepare_two_threads(void)
{
    prepare_context();
    expect_success("threads",
                   srnn_context_set_int(context, SRNN_CONTEXT_NUM_THREADS, 2));
    expect_success("schedule",
                   srnn_context_set_int(context, SRNN_CONTEXT_SCHEDULE,
                                        SRNN_SCHEDULE_BATCH));
}

static void prepare_sequences_for_threads(void)
{
    prepare_two_threads();
    memcpy(misuse_memory + LENGTHS, (int64_t[B]){T, 1}, sizeof(int64_t[B]));
}

/* A team and what lies between layers. */
static void test_allocation__fails_in_forward_on_threads(void **state)
{
    (void)state;
    srnn_tensor *const lengths = view(LENGTHS, I64, SHAPE(B));
    SWEEP(2, prepare_two_threads, in_memory_of_context,
          srnn_context_forward(context, x, h0, y, h_n));
    SWEEP(2, prepare_sequences_for_threads, in_memory_of_context,
          srnn_context_forward_sequences(context, x, lengths, NULL, h0, NULL, y,
                                         h_n));
}

/* A context that cannot grow still does what it could before. */
static void test_allocation__fails_to_grow_a_context(void **state)
{
    (void)state;
    srnn_tensor *const less = view(INPUT, F32, SHAPE(1, 1, I));
    srnn_tensor *const more = view(FAR, F32, SHAPE(50, B, I));
    misuse_fill();
    prepare_context();
    ACCEPT(srnn_context_forward(context, x, NULL, y, NULL));
    const uint64_t wanted = in_memory();
    misuse_fill();
    failing_refuse(1, LONG_MAX);
    REFUSE(SRNN_ERROR_NO_MEMORY, "bytes",
           srnn_context_forward(context, more, NULL, NULL, NULL));
    ACCEPT(srnn_context_forward(context, less, NULL, NULL, NULL));
    ACCEPT(srnn_context_forward(context, x, NULL, y, NULL));
    assert_int_equal(failing_refused(), 1);
    failing_refuse(0, 0);
    assert_true(in_memory() == wanted);
    ACCEPT(srnn_context_forward(context, more, NULL, NULL, NULL));
    srnn_context_destroy(context);
}

static void test_allocation__never_happens_in_queries(void **state)
{
    (void)state;
    int64_t integer = 0;
    double real = 0;
    int64_t sizes[3];
    size_t length = 0;
    char text[4096];
    failing_refuse(1, LONG_MAX);
    ANSWER(true, srnn_version() != NULL);
    ANSWER(SRNN_VERSION_NUMBER, srnn_version_number());
    ANSWER(1, srnn_supports(SRNN_GEMM_NATIVE));
    ANSWER(true, srnn_build_info() != NULL);
    ANSWER(true, srnn_gemm_info(SRNN_GEMM_OPENBLAS) != NULL);
    ANSWER(true, srnn_last_error() != NULL);
    ANSWER(true, srnn_status_string(SRNN_OK) != NULL);
    ANSWER(true, srnn_status_name(SRNN_OK) != NULL);
    ANSWER(true, srnn_constant_name(SRNN_OK) != NULL);
    ANSWER(SRNN_OK, srnn_constant_value(&integer, "SRNN_OK"));
    ANSWER(F32, srnn_tensor_dtype(step_x));
    ANSWER(2, srnn_tensor_rank(step_x));
    ANSWER(B, *srnn_tensor_shape(step_x));
    ANSWER(I, *srnn_tensor_strides(step_x));
    ANSWER(B * I, srnn_tensor_size(step_x));
    ANSWER((void *)(misuse_memory + INPUT), srnn_tensor_data(step_x));
    ANSWER((const void *)(misuse_memory + INPUT),
           srnn_tensor_const_data(step_x));
    ANSWER(0, srnn_tensor_is_read_only(step_x));
    ANSWER(I, srnn_cell_input_size(cell));
    ANSWER(H, srnn_cell_hidden_size(cell));
    ANSWER(SRNN_OK, srnn_rnn_get_int(&integer, rnn, SRNN_OPTION_BIAS));
    ANSWER(SRNN_OK, srnn_rnn_get_real(&real, rnn, SRNN_OPTION_DROPOUT));
    ANSWER(16, srnn_rnn_parameter_count(rnn));
    ANSWER(true, srnn_rnn_flat_size(rnn) > 0);
    ANSWER(SRNN_ORIGIN_CALLER, srnn_rnn_origin(rnn, SRNN_OPTION_NUM_LAYERS));
    ANSWER(true, srnn_rnn_parameter_name(rnn, 15) != NULL);
    ANSWER(0, srnn_rnn_find_parameter(rnn, "weight_ih_l0"));
    ANSWER(1, srnn_rnn_parameter_rank(rnn, 15));
    ANSWER(H, *srnn_rnn_parameter_shape(rnn, 15));
    ANSWER(true, srnn_rnn_parameter_data(rnn, 15) != NULL);
    ANSWER(SRNN_OK, srnn_config_get_int(&integer, config, SRNN_OPTION_BIAS));
    ANSWER(SRNN_OK, srnn_config_get_real(&real, config, SRNN_OPTION_DROPOUT));
    ANSWER(SRNN_OK, srnn_rnn_shape(sizes, rnn, SRNN_ROLE_INPUT, T, B));
    ANSWER(SRNN_OK, srnn_rnn_describe(text, sizeof text, &length, rnn, T, B));
    ANSWER(16, srnn_weights_count(weights));
    ANSWER(true, srnn_weights_name(weights, 15) != NULL);
    ANSWER(0, strcmp(srnn_weights_type(weights, 15), "F32"));
    ANSWER(2, srnn_weights_rank(weights, 15));
    ANSWER(H, *srnn_weights_shape(weights, 15));
    ANSWER(true, srnn_weights_metadata(weights, "batch_first") != NULL);
    ANSWER(0, strcmp(srnn_weights_metadata_key(weights, 0), "batch_first"));
    assert_int_equal(failing_requests(), 0);
    failing_refuse(0, 0);
}

static void test_allocation__never_happens_in_simple_calls(void **state)
{
    (void)state;
    srnn_tensor *const value = view(H0, F32, SHAPE(H, H));
    const srnn_tensor *values[4 * CELLS];
    for (int i = 0; i < 4 * CELLS; i++)
        values[i] = view(H0, F32, srnn_rnn_parameter_rank(rnn, i),
                         srnn_rnn_parameter_shape(rnn, i));
    srnn_tensor *const flat = view(FAR, F32, SHAPE(srnn_rnn_flat_size(rnn)));
    srnn_rnn *own = NULL;
    expect_success("rnn", srnn_rnn_clone(&own, rnn));
    prepare_context();
    failing_refuse(1, LONG_MAX);
    WORKS(srnn_tensor_copy(step_y, step_h));
    WORKS(srnn_tensor_rewrap(step_y, misuse_memory + OUTPUT, F32, SHAPE(B, H),
                             NULL));
    WORKS(srnn_tensor_rewrap_const(step_h, misuse_memory + H0, F32, SHAPE(B, H),
                                   NULL));
    WORKS(srnn_cell_forward(cell, step_x, step_h, step_y));
    WORKS(srnn_config_set_int(config, SRNN_OPTION_BIAS, 1));
    WORKS(srnn_config_set_real(config, SRNN_OPTION_DROPOUT, 0));
    WORKS(srnn_rnn_set_parameter(own, "weight_hh_l0", value));
    WORKS(srnn_rnn_set_parameters(own, values, srnn_rnn_parameter_count(own)));
    WORKS(srnn_rnn_get_flat(own, flat));
    WORKS(srnn_rnn_set_flat(own, flat));
    WORKS(srnn_context_set_int(context, SRNN_CONTEXT_GEMM, SRNN_GEMM_NATIVE));
    int64_t gemm = 0;
    WORKS(srnn_context_get_int(&gemm, context, SRNN_CONTEXT_GEMM));
    ANSWER(rnn, srnn_context_rnn(context));
    NOTHING(srnn_context_destroy(context));
    NOTHING(srnn_rnn_destroy(own));
    assert_int_equal(failing_requests(), 0);
    failing_refuse(0, 0);
}

/* A tape for a context, and gradients over misuse_memory. */
static srnn_tape *tape;
static srnn_gradients *gradients;

static void prepare_tape(void)
{
    prepare_sequences();
    expect_success("tape", srnn_tape_create(&tape, rnn));
    expect_success("gradients", srnn_gradients_wrap(&gradients, rnn,
                                                    misuse_memory + GRADIENTS));
}

static void prepare_tape_for_threads(void)
{
    prepare_tape();
    expect_success("threads",
                   srnn_context_set_int(context, SRNN_CONTEXT_NUM_THREADS, 2));
    expect_success("schedule",
                   srnn_context_set_int(context, SRNN_CONTEXT_SCHEDULE,
                                        SRNN_SCHEDULE_BATCH));
}

static void prepare_recording(void)
{
    prepare_tape();
    expect_success("record", srnn_context_record(context, tape, x, NULL, NULL,
                                                 h0, NULL, NULL, NULL));
}

/* Backward runs on threads that the recording did without. */
static void prepare_recording_for_threads(void)
{
    prepare_recording();
    expect_success("threads",
                   srnn_context_set_int(context, SRNN_CONTEXT_NUM_THREADS, 2));
    expect_success("schedule",
                   srnn_context_set_int(context, SRNN_CONTEXT_SCHEDULE,
                                        SRNN_SCHEDULE_BATCH));
}

static uint64_t in_gradients_of_tape(void)
{
    srnn_gradients_destroy(gradients);
    srnn_tape_destroy(tape);
    return in_memory_of_context();
}

/* What was recorded shows in the gradients. */
static uint64_t in_recording(void)
{
    expect_success("backward",
                   srnn_context_backward(context, tape, x, y, h_n,
                                         SRNN_ACCUMULATION_SET, gradients, NULL,
                                         NULL, NULL));
    return in_gradients_of_tape();
}

static uint64_t in_tape(void)
{
    srnn_tape *const created = made.tape;
    prepare_context();
    expect_success("record", srnn_context_record(context, created, x, NULL,
                                                 NULL, NULL, NULL, y, h_n));
    srnn_tape_destroy(created);
    return in_memory_of_context();
}

/* Each needs the memory of the tape and that of the context. */
static void test_allocation__fails_in_recordings(void **state)
{
    (void)state;
    srnn_tensor *const lengths = view(LENGTHS, I64, SHAPE(B));
    srnn_tensor *const resets = view(RESETS, U8, SHAPE(T, B));
    srnn_tensor *const fresh = view(FAR, F32, SHAPE(CELLS, B, H));
    SWEEP(1, prepare_nothing, in_tape, srnn_tape_create(&made.tape, rnn));
    SWEEP(
        2, prepare_tape, in_recording,
        srnn_context_record(context, tape, x, NULL, NULL, NULL, NULL, y, NULL));
    SWEEP(2, prepare_tape, in_recording,
          srnn_context_record(context, tape, x, lengths, resets, h0, fresh, y,
                              h_n));
    SWEEP(2, prepare_tape, in_recording,
          srnn_context_record_contiguous(
              context, tape, T, B, misuse_memory + INPUT, NULL, NULL,
              misuse_memory + H0, NULL, misuse_memory + OUTPUT,
              misuse_memory + H_N));
    SWEEP(3, prepare_tape_for_threads, in_recording,
          srnn_context_record(context, tape, x, NULL, NULL, h0, NULL, y, h_n));
}

/* Buffers and transposed weights. The recording outlasts the failure. */
static void test_allocation__fails_in_backward(void **state)
{
    (void)state;
    srnn_tensor *const d_input = view(D_INPUT, F32, SHAPE(T, B, I));
    srnn_tensor *const d_h0 = view(D_H0, F32, SHAPE(CELLS, B, H));
    srnn_tensor *const d_fresh = view(D_FRESH, F32, SHAPE(CELLS, B, H));
    void *addresses[4 * CELLS] = {misuse_memory + GRADIENTS};
    SWEEP(2, prepare_recording, in_gradients_of_tape,
          srnn_context_backward(context, tape, x, y, h_n, SRNN_ACCUMULATION_SET,
                                gradients, d_input, d_h0, d_fresh));
    SWEEP(2, prepare_recording, in_gradients_of_tape,
          srnn_context_backward(context, tape, x, y, NULL,
                                SRNN_ACCUMULATION_ADD, gradients, NULL, NULL,
                                NULL));
    SWEEP(2, prepare_recording, in_gradients_of_tape,
          srnn_context_backward_contiguous(
              context, tape, misuse_memory + INPUT, misuse_memory + OUTPUT,
              NULL, SRNN_ACCUMULATION_ADD, addresses, misuse_memory + D_INPUT,
              NULL, NULL));
    SWEEP(3, prepare_recording_for_threads, in_gradients_of_tape,
          srnn_context_backward(context, tape, x, y, h_n, SRNN_ACCUMULATION_SET,
                                gradients, d_input, d_h0, d_fresh));
}

/* Beyond the first call of a size; in memory of the caller, the tape takes none
 * at all. */
static void test_allocation__never_happens_in_training(void **state)
{
    (void)state;
    size_t size = 0;
    int64_t number = 0;
    prepare_recording();
    expect_success("backward",
                   srnn_context_backward(context, tape, x, y, NULL,
                                         SRNN_ACCUMULATION_SET, gradients, NULL,
                                         NULL, NULL));
    failing_refuse(1, LONG_MAX);
    ANSWER(rnn, srnn_tape_rnn(tape));
    WORKS(srnn_tape_set_int(tape, SRNN_TAPE_DROPOUT_SEED, 4));
    WORKS(srnn_tape_get_int(&number, tape, SRNN_TAPE_DROPOUT_SEED));
    WORKS(srnn_tape_size(&size, tape, T, B));
    WORKS(srnn_context_tape_size(&size, context, tape, T, B));
    WORKS(srnn_context_record(context, tape, x, NULL, NULL, h0, NULL, y, h_n));
    WORKS(srnn_context_backward(context, tape, x, y, NULL,
                                SRNN_ACCUMULATION_ADD, gradients, NULL, NULL,
                                NULL));
    WORKS(srnn_tape_set_memory(tape, misuse_memory + FAR, D_INPUT - FAR));
    WORKS(srnn_context_record_contiguous(
        context, tape, T, B, misuse_memory + INPUT, NULL, NULL, NULL, NULL,
        misuse_memory + OUTPUT, NULL));
    WORKS(srnn_context_backward_contiguous(
        context, tape, misuse_memory + INPUT, misuse_memory + OUTPUT, NULL,
        SRNN_ACCUMULATION_ADD, NULL, misuse_memory + D_INPUT, NULL, NULL));
    NOTHING(srnn_tape_destroy(tape));
    assert_int_equal(failing_requests(), 0);
    failing_refuse(0, 0);
    srnn_gradients_destroy(gradients);
    srnn_context_destroy(context);
}

static void test_allocation__never_happens_in_gradients(void **state)
{
    (void)state;
    static const char name[] = "weight_hh_l1";
    srnn_gradients *own = NULL;
    double norm = 0;
    expect_success("gradients", srnn_gradients_create(&own, rnn));
    failing_refuse(1, LONG_MAX);
    ANSWER(rnn, srnn_gradients_rnn(own));
    ANSWER(true, srnn_gradients_flat(own) != NULL);
    ANSWER(true, srnn_gradients_tensor(own, name) != NULL);
    WORKS(srnn_gradients_set_trained(own, name, 0));
    ANSWER(0, srnn_gradients_is_trained(own, name));
    WORKS(srnn_gradients_scale(&own, 1, 0.5));
    WORKS(srnn_gradients_norm(&norm, &own, 1));
    WORKS(srnn_gradients_clip_norm(&norm, &own, 1, 0.5));
    WORKS(srnn_gradients_clip_value(&own, 1, 0.5));
    NOTHING(srnn_gradients_destroy(own));
    assert_int_equal(failing_requests(), 0);
    failing_refuse(0, 0);
}

/* An optimizer of gradients over misuse_memory, whose rnn has no view. */
static srnn_optimizer *optimizer;

static void prepare_optimizer(void)
{
    srnn_rnn *own = NULL;
    expect_success("rnn", srnn_rnn_create(&own, I, H, NULL, 1));
    expect_success("gradients", srnn_gradients_wrap(&gradients, own,
                                                    misuse_memory + GRADIENTS));
    srnn_rnn_destroy(own); /* which the gradients keep */
    expect_success("optimizer", srnn_optimizer_create(
                                    &optimizer, SRNN_OPTIMIZER_KIND_RMSPROP));
}

static uint64_t in_made_optimizer(void)
{
    const uint64_t kind = (uint64_t)srnn_optimizer_get_kind(made.optimizer);
    srnn_optimizer_destroy(made.optimizer);
    return kind;
}

/* What two steps make of the parameters. */
static uint64_t in_optimizer(void)
{
    const srnn_rnn *const own = srnn_gradients_rnn(gradients);
    for (int step = 0; step < 2; step++)
        expect_success("step", srnn_optimizer_step(optimizer));
    const uint64_t sum = hash(srnn_rnn_parameter_data(own, 0),
                              (size_t)srnn_rnn_flat_size(own) * sizeof(float));
    srnn_optimizer_destroy(optimizer);
    srnn_gradients_destroy(gradients);
    return sum;
}

static void test_allocation__fails_in_optimizers(void **state)
{
    (void)state;
    SWEEP(1, prepare_nothing, in_made_optimizer,
          srnn_optimizer_create(&made.optimizer, SRNN_OPTIMIZER_KIND_ADAM));
    SWEEP(1, prepare_optimizer, in_optimizer,
          srnn_optimizer_add(optimizer, gradients, "rnn."));
}

static void prepare_checkpoint(void)
{
    prepare_optimizer();
    expect_success("add", srnn_optimizer_add(optimizer, gradients, "rnn."));
}

static uint64_t in_checkpoint(void)
{
    const uint64_t file_sum = in_saved_file();
    return file_sum + in_optimizer();
}

/* A checkpoint after some steps, and the optimizer before them. */
static srnn_weights *checkpoint;

static void prepare_load(void)
{
    char path[512];
    (void)strcpy(path, temporary_path("loaded"));
    prepare_checkpoint();
    expect_success("step", srnn_optimizer_step(optimizer));
    expect_success("save",
                   srnn_optimizer_save(optimizer, path, NULL, NULL, 0, NULL));
    (void)in_optimizer();
    saved = saved_file_read(path);
    expect_success(
        "open", srnn_weights_open_memory(&checkpoint, saved.bytes, saved.size));
    assert_int_equal(unlink(path), 0);
    prepare_checkpoint();
}

static uint64_t in_loaded(void)
{
    srnn_weights_destroy(checkpoint);
    weights_file_free(&saved);
    return in_optimizer();
}

static void test_allocation__fails_in_checkpoints(void **state)
{
    static const char *const names[] = {"a", "b"};
    static const char *const metadata[] = {"b", "1", "a", "2", NULL};
    const srnn_tensor *const strided =
        view_strided(FAR, F32, SHAPE(B, I), LIST(9, 2));
    const srnn_tensor *const tensors[] = {strided, h0};
    char path[512];
    (void)state;
    (void)strcpy(path, temporary_path("saved"));
    SWEEP(5, prepare_checkpoint, in_checkpoint,
          srnn_optimizer_save(optimizer, path, names, tensors, 2, metadata));
    assert_int_equal(temporary_clear(".simplernn-"), 0);
    SWEEP(1, prepare_load, in_loaded,
          srnn_optimizer_load(optimizer, checkpoint));
}

static srnn_rnn *initialised;

static void prepare_values(void)
{
    expect_success("rnn", srnn_rnn_create(&initialised, I, H, NULL, 1));
}

static uint64_t in_values(void)
{
    const uint64_t sum =
        hash(srnn_rnn_parameter_data(initialised, 0),
             (size_t)srnn_rnn_flat_size(initialised) * sizeof(float));
    srnn_rnn_destroy(initialised);
    return sum;
}

static srnn_linear *layer;

static void prepare_layer(void)
{
    expect_success("layer", srnn_linear_create(&layer, F32, I, H, 1, 1));
}

static uint64_t in_layer(void)
{
    expect_success("copy",
                   srnn_linear_copy_parameter(&made.tensor, layer, "weight"));
    srnn_linear_destroy(layer);
    return in_tensor();
}

/* A random matrix takes memory. */
static void test_allocation__fails_in_initialisations(void **state)
{
    (void)state;
    SWEEP(1, prepare_values, in_values,
          srnn_rnn_initialise(initialised, "weight_hh_l0",
                              SRNN_INITIALISATION_ORTHOGONAL, 1, 1));
    SWEEP(1, prepare_layer, in_layer,
          srnn_linear_initialise(layer, "weight",
                                 SRNN_INITIALISATION_ORTHOGONAL, 1, 1));
}

static void test_allocation__never_happens_in_optimizers(void **state)
{
    (void)state;
    const srnn_optimizer_option rate = SRNN_OPTIMIZER_LEARNING_RATE;
    const srnn_optimizer_option centered = SRNN_OPTIMIZER_CENTERED;
    double real = 0;
    int64_t integer = 0;
    prepare_optimizer();
    expect_success("add", srnn_optimizer_add(optimizer, gradients, NULL));
    failing_refuse(1, LONG_MAX);
    ANSWER(SRNN_OPTIMIZER_KIND_RMSPROP, srnn_optimizer_get_kind(optimizer));
    WORKS(srnn_optimizer_step(optimizer));
    WORKS(srnn_optimizer_set_real(optimizer, gradients, rate, 0.5));
    WORKS(srnn_optimizer_get_real(&real, optimizer, NULL, rate));
    WORKS(srnn_optimizer_set_int(optimizer, NULL, centered, 1));
    WORKS(srnn_optimizer_get_int(&integer, optimizer, gradients, centered));
    WORKS(srnn_optimizer_step(optimizer));
    NOTHING(srnn_optimizer_destroy(optimizer));
    assert_int_equal(failing_requests(), 0);
    failing_refuse(0, 0);
    srnn_gradients_destroy(gradients);
}

/* test_allocation_linear.c has these. */
static bool is_elsewhere(const char *header)
{
    return strcmp(header, "linear.h") == 0 || strcmp(header, "loss.h") == 0;
}

/* At the end, with nothing alive. */
static void test_allocation__covers_every_function(void **state)
{
    (void)state;
    failing_refuse(1, LONG_MAX);
    NOTHING(srnn_tensor_destroy(NULL));
    NOTHING(srnn_config_destroy(NULL));
    NOTHING(srnn_cell_destroy(NULL));
    NOTHING(srnn_weights_destroy(NULL));
    failing_refuse(0, 0);
    /* It needs that nothing is alive. */
    misuse_note("srnn_allocator_set(NULL, NULL, NULL)");
    headers_function *all = NULL;
    const int count = headers_functions(&all);
    for (int i = 0; i < count; i++)
        if (!is_elsewhere(all[i].header))
            misuse_covers_function(all[i].name);
    static const char *const elsewhere[] = {
        "srnn_gradients_create_linear",
        "srnn_linear_create",
        "srnn_linear_create_from_weights",
        "srnn_linear_copy_parameter",
        "srnn_linear_save",
        "srnn_linear_forward",
        "srnn_linear_backward",
        SRNN_HAVE_OPENBLAS ? NULL : "srnn_context_set_int",
        NULL};
    misuse_covers_status(SRNN_ERROR_NO_MEMORY, elsewhere);
}

static void create_file(void)
{
    static const weights_topology topology = {I, H, L, D, true, "F32", "rnn."};
    weights_builder builder = {0};
    weights_builder_add_rnn(&builder, &topology, NULL);
    weights_builder_add_metadata(&builder, "batch_first", "false");
    file = weights_builder_finish(&builder);
}

static void create_views(void)
{
    step_x = view(INPUT, F32, SHAPE(B, I));
    step_h = view(H0, F32, SHAPE(B, H));
    step_y = view(OUTPUT, F32, SHAPE(B, H));
    x = view(INPUT, F32, SHAPE(T, B, I));
    h0 = view(H0, F32, SHAPE(CELLS, B, H));
    y = view(OUTPUT, F32, SHAPE(T, B, WIDTH));
    h_n = view(H_N, F32, SHAPE(CELLS, B, H));
    line_states = view(FAR, F32, SHAPE(1, B, H));
    both_states = view(FAR, F32, SHAPE(CELLS, B, H));
}

static int setup(void **state)
{
    const int failures = misuse_setup_with_files(state);
    create_file();
    create_views();
    config = CONFIG({SRNN_OPTION_NUM_LAYERS, L},
                    {SRNN_OPTION_DIRECTION, SRNN_DIRECTION_BIDIRECTIONAL});
    expect_success("rnn", srnn_rnn_create(&rnn, I, H, config, 1));
    expect_success(
        "cell", srnn_cell_create_view(&cell, rnn, 0, SRNN_DIRECTION_FORWARD));
    expect_success("weights",
                   srnn_weights_open_memory(&weights, file.bytes, file.size));
    return failures;
}

static int teardown(void **state)
{
    srnn_weights_destroy(weights);
    srnn_cell_destroy(cell);
    srnn_rnn_destroy(rnn);
    srnn_config_destroy(config);
    weights_file_free(&file);
    return misuse_teardown_with_files(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_allocation__fails_in_tensors),
        cmocka_unit_test(test_allocation__fails_in_rnns),
        cmocka_unit_test(test_allocation__fails_in_gradients),
        cmocka_unit_test(test_allocation__fails_in_weights),
        cmocka_unit_test(test_allocation__fails_in_saving),
        cmocka_unit_test(test_allocation__fails_in_cells),
        cmocka_unit_test(test_allocation__fails_in_steps),
        cmocka_unit_test(test_allocation__fails_in_contexts),
#if SRNN_HAVE_OPENBLAS
        cmocka_unit_test(test_allocation__fails_to_warm_openblas_up),
#endif
        cmocka_unit_test(test_allocation__fails_in_forward),
        cmocka_unit_test(test_allocation__fails_in_streams),
        cmocka_unit_test(test_allocation__never_happens_in_steps),
        cmocka_unit_test(test_allocation__fails_in_forward_on_threads),
        cmocka_unit_test(test_allocation__fails_to_grow_a_context),
        cmocka_unit_test(test_allocation__never_happens_in_queries),
        cmocka_unit_test(test_allocation__never_happens_in_simple_calls),
        cmocka_unit_test(test_allocation__fails_in_recordings),
        cmocka_unit_test(test_allocation__fails_in_backward),
        cmocka_unit_test(test_allocation__never_happens_in_training),
        cmocka_unit_test(test_allocation__never_happens_in_gradients),
        cmocka_unit_test(test_allocation__fails_in_optimizers),
        cmocka_unit_test(test_allocation__fails_in_checkpoints),
        cmocka_unit_test(test_allocation__fails_in_initialisations),
        cmocka_unit_test(test_allocation__never_happens_in_optimizers),
        cmocka_unit_test(test_allocation__covers_every_function),
    };
    return misuse_verdict(cmocka_run_group_tests(tests, setup, teardown));
}
