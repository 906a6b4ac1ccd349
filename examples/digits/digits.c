/* SPDX-License-Identifier: MIT */
/* A network trained in PyTorch reads handwritten digits: loads its weights and
 * the held-out images, shows shapes and a few readings, and holds its results
 * against PyTorch's own. The network is train.py's Reader:
 *
 *     output = rnn(images)                   [N,8,8] -> [N,8,2*H]
 *     logits = output[:, -1, :] W^T + b      [N,2*H] -> [N,10]
 */
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <simplernn.h>

#ifndef DIGITS_FOLDER
#define DIGITS_FOLDER "examples/digits"
#endif

enum { SIDE = 8, PIXELS = SIDE * SIDE, CLASSES = 10, SHOWN = 4, ROUNDS = 50 };

static const double least_accuracy = 0.96;
static const double largest_error = 1e-5; /* of a logit, against PyTorch */

/* Ends the program with the library's explanation. */
static void check(srnn_status status)
{
    if (status == SRNN_OK)
        return;
    fprintf(stderr, "digits: %s\n", srnn_last_error());
    exit(1);
}

static srnn_weights *open_weights(const char *folder, const char *name)
{
    char path[4096];
    srnn_weights *weights = NULL;
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    check(srnn_weights_open(&weights, path));
    return weights;
}

/* Ends the program if a file holds something else than this example reads. */
static void expect(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "digits: expected %s\n", what);
    exit(1);
}

/* A named float32 tensor of a known size, for the caller to destroy. */
static srnn_tensor *read_tensor(const srnn_weights *weights, const char *name,
                                int64_t size)
{
    srnn_tensor *tensor = NULL;
    check(srnn_weights_read_tensor(&tensor, weights, name));
    if (srnn_tensor_dtype(tensor) != SRNN_DTYPE_FLOAT32 ||
        (size >= 0 && srnn_tensor_size(tensor) != size)) {
        fprintf(stderr, "digits: %s has another size or is not float32\n",
                name);
        exit(1);
    }
    return tensor;
}

static const float *values(const srnn_tensor *tensor)
{
    return srnn_tensor_data(tensor);
}

/* What the example works with. */
typedef struct {
    srnn_rnn *rnn;
    srnn_context *context;
    int64_t features; /* 2*H */
    srnn_tensor *head_weight, *head_bias;
    int64_t count;                /* N */
    srnn_tensor *images, *labels; /* pixels 0 to 16, classes 0 to 9 */
    srnn_tensor *wanted;          /* PyTorch's logits, [N,10] */
    srnn_tensor *input, *output;  /* [N,8,8], [N,8,2*H] */
    float *logits;                /* [N,10] */
} digits;

static void load_network(digits *d, const char *folder)
{
    int64_t shape[3];
    srnn_config *config = NULL;
    srnn_weights *const weights = open_weights(folder, "digits.safetensors");
    check(srnn_config_create(&config));
    check(srnn_config_set_int(config, SRNN_OPTION_INPUT_SIZE, SIDE));
    check(srnn_config_set_int(config, SRNN_OPTION_BATCH_FIRST, 1));
    /* Nothing about the network is to be assumed. */
    check(srnn_config_set_int(config, SRNN_OPTION_REQUIRE_STATED, 1));
    check(srnn_rnn_create_from_weights(&d->rnn, weights, "rnn.", config));
    srnn_config_destroy(config);
    check(srnn_context_create(&d->context, d->rnn));
    check(srnn_rnn_shape(shape, d->rnn, SRNN_ROLE_OUTPUT, SIDE, 1));
    d->features = shape[2];
    d->head_weight = read_tensor(weights, "head.weight", CLASSES * d->features);
    d->head_bias = read_tensor(weights, "head.bias", CLASSES);
    srnn_weights_destroy(weights);
}

static void load_images(digits *d, const char *folder)
{
    int64_t shape[3];
    srnn_weights *const file = open_weights(folder, "digits_test.safetensors");
    d->images = read_tensor(file, "images", -1);
    d->count = srnn_tensor_size(d->images) / PIXELS;
    expect(srnn_tensor_size(d->images) == d->count * PIXELS &&
               d->count >= SHOWN,
           "a few images of 8x8 pixels");
    d->labels = read_tensor(file, "labels", d->count);
    d->wanted = read_tensor(file, "logits", d->count * CLASSES);
    srnn_weights_destroy(file);
    check(srnn_rnn_shape(shape, d->rnn, SRNN_ROLE_INPUT, SIDE, d->count));
    check(srnn_tensor_create(&d->input, SRNN_DTYPE_FLOAT32, 3, shape));
    check(srnn_rnn_shape(shape, d->rnn, SRNN_ROLE_OUTPUT, SIDE, d->count));
    check(srnn_tensor_create(&d->output, SRNN_DTYPE_FLOAT32, 3, shape));
    float *const input = srnn_tensor_data(d->input);
    for (int64_t i = 0; i < d->count * PIXELS; i++)
        input[i] = values(d->images)[i] / 16;
    d->logits = calloc((size_t)(d->count * CLASSES), sizeof *d->logits);
    expect(d->logits != NULL, "more memory");
}

/* logits = output[n, -1, :] W^T + b, in double so that only the rnn rounds */
static void apply_head(const digits *d, int64_t n)
{
    const float *const last =
        values(d->output) + (n * SIDE + SIDE - 1) * d->features;
    for (int64_t c = 0; c < CLASSES; c++) {
        double sum = (double)values(d->head_bias)[c];
        for (int64_t k = 0; k < d->features; k++)
            sum += (double)last[k] *
                   (double)values(d->head_weight)[c * d->features + k];
        d->logits[n * CLASSES + c] = (float)sum;
    }
}

static void read_images(const digits *d)
{
    check(srnn_context_forward(d->context, d->input, NULL, d->output, NULL));
    for (int64_t n = 0; n < d->count; n++)
        apply_head(d, n);
}

static int best_class(const float *logits)
{
    int best = 0;
    for (int c = 1; c < CLASSES; c++)
        if (logits[c] > logits[best])
            best = c;
    return best;
}

static int reading(const digits *d, int64_t n)
{
    return best_class(d->logits + n * CLASSES);
}

static int label(const digits *d, int64_t n)
{
    return (int)lrintf(values(d->labels)[n]);
}

static void show_shapes(const digits *d)
{
    char table[8192];
    check(srnn_rnn_describe(table, sizeof table, NULL, d->rnn, SIDE, d->count));
    printf("%s\n", table);
}

/* Pixels as shades, two characters wide so that they look square. */
static void draw_row(const digits *d, int64_t n, int y)
{
    static const char *const shades[] = {"  ", "░░", "▒▒", "▓▓", "██"};
    for (int x = 0; x < SIDE; x++) {
        const float pixel = values(d->images)[(n * SIDE + y) * SIDE + x];
        printf("%s", shades[(int)fminf(fmaxf(pixel / 4, 0), 4)]);
    }
    printf("   ");
}

/* A few images side by side: a wrong reading first, if there is one. */
static void show_readings(const digits *d)
{
    int64_t shown[SHOWN];
    for (int64_t i = 0; i < SHOWN; i++)
        shown[i] = i * d->count / SHOWN;
    for (int64_t n = 0; n < d->count; n++)
        if (reading(d, n) != label(d, n))
            shown[0] = n;
    for (int y = 0; y < SIDE; y++) {
        for (int i = 0; i < SHOWN; i++)
            draw_row(d, shown[i], y);
        printf("\n");
    }
    for (int i = 0; i < SHOWN; i++)
        printf("read %d, is %d %-6s", reading(d, shown[i]), label(d, shown[i]),
               reading(d, shown[i]) == label(d, shown[i]) ? "" : "wrong");
    printf("\n\n");
}

/* Accuracy, and agreement with PyTorch; false if not good enough. */
static bool judge(const digits *d)
{
    int64_t right = 0;
    int64_t agreeing = 0;
    double error = 0;
    bool close = true; /* false for NaN, which fmax passes over */
    for (int64_t n = 0; n < d->count; n++) {
        const float *const wanted = values(d->wanted) + n * CLASSES;
        right += reading(d, n) == label(d, n);
        agreeing += reading(d, n) == best_class(wanted);
        for (int c = 0; c < CLASSES; c++) {
            const double e =
                fabs((double)d->logits[n * CLASSES + c] - (double)wanted[c]);
            close = close && e <= largest_error;
            error = fmax(error, e);
        }
    }
    const double accuracy = (double)right / (double)d->count;
    printf("accuracy    %lld of %lld held-out images, %.2f %%\n",
           (long long)right, (long long)d->count, 100 * accuracy);
    printf("PyTorch     reads %lld of %lld the same; logits differ by at most "
           "%.1e\n",
           (long long)agreeing, (long long)d->count, error);
    return accuracy >= least_accuracy && agreeing == d->count && close;
}

static double seconds(void)
{
    struct timespec now;
    (void)timespec_get(&now, TIME_UTC);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void show_throughput(const digits *d)
{
    const double start = seconds();
    for (int i = 0; i < ROUNDS; i++)
        read_images(d);
    printf("throughput  %.0f images a second\n",
           (double)(ROUNDS * d->count) / (seconds() - start));
}

static void unload(digits *d)
{
    enum { TENSORS = 7 };
    srnn_tensor *const tensors[TENSORS] = {
        d->head_weight, d->head_bias, d->images, d->labels,
        d->wanted,      d->input,     d->output};
    for (int i = 0; i < TENSORS; i++)
        srnn_tensor_destroy(tensors[i]);
    free(d->logits);
    srnn_context_destroy(d->context);
    srnn_rnn_destroy(d->rnn);
}

int main(int argc, char **argv)
{
    const char *const folder = argc > 1 ? argv[1] : DIGITS_FOLDER;
    digits d = {0};
    load_network(&d, folder);
    load_images(&d, folder);
    show_shapes(&d);
    read_images(&d);
    show_readings(&d);
    const bool good = judge(&d);
    show_throughput(&d);
    unload(&d);
    if (!good)
        fprintf(stderr, "digits: worse than PyTorch, or than %.0f %%\n",
                100 * least_accuracy);
    return good ? 0 : 1;
}
