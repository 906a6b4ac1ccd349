/* SPDX-License-Identifier: MIT */
/* What a result looks like. */
#include "report.h"

#include <inttypes.h>
#include <stdio.h>

#include <jansson.h>

#include "json.h"
#include "names.h"

static json_t *shape_array(const bench_shape *s)
{
    return json_pack("[I,I,I,I,I,I]", (json_int_t)s->T, (json_int_t)s->B,
                     (json_int_t)s->I, (json_int_t)s->H, (json_int_t)s->L,
                     (json_int_t)s->D);
}

/* What a row achieved, by the names of the JSON. */
typedef struct {
    double gflops;
    double fma_share;
    double weights_gb_per_s;
    bench_bound bound;
    double bound_share;
} rates;

static rates rates_of(const bench_row *row, const bench_result *result,
                      const bench_core *core)
{
    const double seconds = result->times.median;
    const double speed = bench_bound_operations(row) / seconds;
    const bench_bound bound = bench_bound_of(row, result, core);
    return (rates){.gflops = 1e-9 * speed,
                   .fma_share =
                       speed / (result->threads * bench_bound_fma(core)),
                   .weights_gb_per_s = 1e-9 * bench_bound_bytes(row) / seconds,
                   .bound = bound,
                   .bound_share = bound.seconds / seconds};
}

static bool set_choices(json_t *object, const bench_row *row,
                        const bench_result *result)
{
    json_t *const choices = json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:i}", "mode",
        bench_row_mode_name(row->mode), "dtype",
        bench_names_of(row->dtype).text, "nonlinearity",
        bench_names_of(row->nonlinearity).text, "gemm",
        bench_names_of(result->gemm).text, "gemm_info",
        srnn_gemm_info(result->gemm), "isa", bench_names_of(result->isa).text,
        "schedule", bench_names_of(result->schedule).text, "threads",
        (int)result->threads);
    const bool done = json_object_update(object, choices) == 0;
    json_decref(choices);
    return done;
}

/* The parts of a training step; nothing in other modes. */
static bool set_training(json_t *object, const bench_row *row,
                         const bench_result *result)
{
    if (row->mode != BENCH_MODE_TRAIN)
        return true;
    json_t *const parts =
        json_pack("{s:s, s:f, s:f}", "loss",
                  row->loss == BENCH_LOSS_LAST ? "last" : "all", "forward_us",
                  1e6 * result->forward.median, "backward_us",
                  1e6 * result->backward.median);
    const bool done = json_object_update(object, parts) == 0;
    json_decref(parts);
    return done;
}

static bool set_figures(json_t *object, const bench_row *row,
                        const bench_result *result, const bench_core *core)
{
    const rates r = rates_of(row, result, core);
    json_t *const figures = json_pack(
        "{s:f, s:f, s:f, s:f, s:f, s:I, s:f, s:f, s:f, s:f, s:f, s:f, s:s, "
        "s:f, s:f}",
        "median_us", 1e6 * result->times.median, "mean_us",
        1e6 * result->times.mean, "min_us", 1e6 * result->times.min, "p99_us",
        1e6 * result->times.p99, "max_us", 1e6 * result->times.max, "samples",
        (json_int_t)result->times.samples, "gflops", r.gflops,
        "core_fma_gflops", 1e-9 * bench_bound_fma(core),
        "core_fma_gflops_before", 1e-9 * core->fma_before,
        "core_fma_gflops_after", 1e-9 * core->fma_after, "fma_share",
        r.fma_share, "weights_gb_per_s", r.weights_gb_per_s, "bound",
        r.bound.by, "bound_us", 1e6 * r.bound.seconds, "bound_share",
        r.bound_share);
    const bool done = json_object_update(object, figures) == 0;
    json_decref(figures);
    return done;
}

static bool report_json(const bench_row *row, const bench_result *result,
                        const bench_core *core)
{
    char cpu[128];
    bench_json_read_cpu(cpu, sizeof cpu);
    json_t *const object =
        json_pack("{s:s, s:s, s:o, s:s, s:o}", "library", "simplernn",
                  "version", srnn_version(), "build", bench_json_build(), "cpu",
                  cpu, "shape", shape_array(&row->shape));
    if (!set_choices(object, row, result) ||
        !set_training(object, row, result) ||
        !set_figures(object, row, result, core)) {
        json_decref(object);
        return false;
    }
    return bench_json_print(object);
}

void bench_report_head(void)
{
    (void)printf("%-20s %5s %8s %8s %10s %2s %11s %11s %8s %5s %8s %10s\n",
                 "T,B,I,H,L,D", "dtype", "gemm", "isa", "schedule", "p",
                 "median us", "min us", "GFLOP/s", "peak", "GB/s", "of bound");
}

static bool report_line(const bench_row *row, const bench_result *result,
                        const bench_core *core)
{
    char shape[BENCH_SHAPE_TEXT];
    const rates r = rates_of(row, result, core);
    bench_shape_print(shape, &row->shape);
    (void)printf(
        "%-20s %5s %8s %8s %10s %2d ", shape, bench_names_of(row->dtype).text,
        bench_names_of(result->gemm).text, bench_names_of(result->isa).text,
        bench_names_of(result->schedule).text, (int)result->threads);
    (void)printf("%11.2f %11.2f %8.1f %4.0f%% %8.1f %4.0f%% (%s)",
                 1e6 * result->times.median, 1e6 * result->times.min, r.gflops,
                 100 * r.fma_share, r.weights_gb_per_s, 100 * r.bound_share,
                 r.bound.by);
    if (row->mode == BENCH_MODE_TRAIN)
        (void)printf(", backward %.2f of forward's %.2f us",
                     result->backward.median / result->forward.median,
                     1e6 * result->forward.median);
    (void)puts("");
    return fflush(stdout) == 0;
}

bool bench_report_row(const bench_row *row, const bench_result *result,
                      const bench_core *core, bool json)
{
    return json ? report_json(row, result, core)
                : report_line(row, result, core);
}

static json_t *fma_limits(srnn_dtype dtype)
{
    json_t *const object = json_object();
    srnn_isa isa = 0;
    for (int i = 0; (isa = bench_limits_isa(i)) != 0; i++)
        if (srnn_supports(isa) != 0)
            (void)json_object_set_new(
                object, bench_names_of(isa).text,
                json_real(1e-9 * bench_limits_fma(isa, dtype, 1)));
    return object;
}

static json_t *level_limits(int level)
{
    srnn_isa best = 0;
    srnn_isa isa = 0;
    for (int i = 0; (isa = bench_limits_isa(i)) != 0; i++)
        if (srnn_supports(isa) != 0)
            best = isa;
    return json_pack("{s:I, s:f}", "buffer",
                     (json_int_t)bench_limits_buffer(level), "gb_per_s",
                     1e-9 * bench_limits_read(best, level));
}

static json_t *limits(void)
{
    char cpu[128];
    bench_json_read_cpu(cpu, sizeof cpu);
    return json_pack("{s:s, s:{s:o, s:o}, s:{s:o, s:o, s:o}}", "cpu", cpu,
                     "fma_gflops", "f32", fma_limits(SRNN_DTYPE_FLOAT32), "f64",
                     fma_limits(SRNN_DTYPE_FLOAT64), "read", "L1",
                     level_limits(1), "L2", level_limits(2), "L3",
                     level_limits(3));
}

static void print_limits(json_t *object)
{
    const char *name = NULL;
    const char *inner = NULL;
    json_t *value = NULL;
    json_t *rate = NULL;
    (void)printf("%s, one core\n",
                 json_string_value(json_object_get(object, "cpu")));
    json_object_foreach(json_object_get(object, "fma_gflops"), name, value)
    {
        json_object_foreach(value, inner, rate)
        {
            (void)printf("FMA %s %-10s %8.1f GFLOP/s\n", name, inner,
                         json_real_value(rate));
        }
    }
    json_object_foreach(json_object_get(object, "read"), name, value)
    {
        (void)printf("read %-13s %8.1f GB/s in %" JSON_INTEGER_FORMAT
                     " bytes\n",
                     name, json_real_value(json_object_get(value, "gb_per_s")),
                     json_integer_value(json_object_get(value, "buffer")));
    }
}

bool bench_report_limits(bool json)
{
    json_t *const object = limits();
    if (json || object == NULL)
        return bench_json_print(object);
    print_limits(object);
    json_decref(object);
    return fflush(stdout) == 0;
}

static bool is_weighed(const bench_call *call)
{
    return call->times.samples == 0;
}

static json_t *calls_array(const bench_call *calls, int count)
{
    json_t *const array = json_array();
    for (int i = 0; i < count; i++) {
        const bench_call *const c = &calls[i];
        json_t *const object =
            json_pack("{s:s, s:I, s:I}", "name", c->name, "I",
                      (json_int_t)c->inputs, "H", (json_int_t)c->hidden);
        json_t *const figures =
            is_weighed(c)
                ? json_pack("{s:I}", "bytes", (json_int_t)c->bytes)
                : json_pack("{s:f, s:f, s:I}", "median_ns",
                            1e9 * c->times.median, "min_ns", 1e9 * c->times.min,
                            "samples", (json_int_t)c->times.samples);
        (void)json_object_update(object, figures);
        json_decref(figures);
        (void)json_array_append_new(array, object);
    }
    return array;
}

static bool report_calls_json(const bench_call *calls, int count)
{
    char cpu[128];
    bench_json_read_cpu(cpu, sizeof cpu);
    return bench_json_print(json_pack("{s:s, s:s, s:o, s:s, s:o}", "library",
                                      "simplernn", "version", srnn_version(),
                                      "build", bench_json_build(), "cpu", cpu,
                                      "calls", calls_array(calls, count)));
}

bool bench_report_calls(const bench_call *calls, int count, bool json)
{
    if (json)
        return report_calls_json(calls, count);
    for (int i = 0; i < count; i++) {
        const bench_call *const c = &calls[i];
        (void)printf("%-30s I %4" PRId64 ", H %4" PRId64 " ", c->name,
                     c->inputs, c->hidden);
        if (is_weighed(c))
            (void)printf("%12" PRId64 " bytes\n", c->bytes);
        else
            (void)printf("%12.1f ns, at least %.1f\n", 1e9 * c->times.median,
                         1e9 * c->times.min);
    }
    return fflush(stdout) == 0;
}
