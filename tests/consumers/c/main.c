/* SPDX-License-Identifier: MIT */
/* A program outside the project, in C11: a 2-layer bidirectional forward. */
#include <math.h>
#include <simplernn.h>
#include <stdio.h>
#include <stdlib.h>

enum { T = 3, B = 2, I = 4, H = 2, L = 2, D = 2 };

static void check(srnn_status status)
{
    if (status == SRNN_OK)
        return;
    fprintf(stderr, "%s: %s\n", srnn_status_string(status), srnn_last_error());
    exit(1);
}

/* The same numbers in every consumer: see make_expected.py. */
static void fill(srnn_tensor *tensor, int64_t p)
{
    float *data = srnn_tensor_data(tensor);
    for (int64_t i = 0; i < srnn_tensor_size(tensor); i++)
        data[i] = (float)((p * 7 + i * 3) % 11 - 5) / 16;
}

static srnn_rnn *create_rnn(void)
{
    srnn_config *config = NULL;
    srnn_rnn *rnn = NULL;
    check(srnn_config_create(&config));
    check(srnn_config_set_int(config, SRNN_OPTION_INPUT_SIZE, I));
    check(srnn_config_set_int(config, SRNN_OPTION_HIDDEN_SIZE, H));
    check(srnn_config_set_int(config, SRNN_OPTION_NUM_LAYERS, L));
    check(srnn_config_set_int(config, SRNN_OPTION_BIDIRECTIONAL, 1));
    check(srnn_rnn_create(&rnn, config, 0));
    srnn_config_destroy(config);
    for (int64_t p = 0; p < srnn_rnn_parameter_count(rnn); p++) {
        srnn_tensor *parameter = NULL;
        check(srnn_rnn_get_parameter_at(&parameter, rnn, p));
        fill(parameter, p);
        check(srnn_rnn_set_parameter_at(rnn, p, parameter));
        srnn_tensor_destroy(parameter);
    }
    return rnn;
}

static srnn_tensor *create_tensor(int64_t a, int64_t b, int64_t c)
{
    srnn_tensor *tensor = NULL;
    const int64_t shape[] = {a, b, c};
    check(srnn_tensor_create(&tensor, SRNN_DTYPE_FLOAT32, 3, shape));
    return tensor;
}

/* The number of values that are not the next ones in the file. */
static int compare(const srnn_tensor *tensor, FILE *expected)
{
    const float *data = srnn_tensor_data(tensor);
    int wrong = 0;
    for (int64_t i = 0; i < srnn_tensor_size(tensor); i++) {
        double value = 0;
        if (fscanf(expected, "%lf", &value) != 1 ||
            !(fabs((double)data[i] - value) <= 1e-6))
            wrong++;
    }
    return wrong;
}

int main(int argc, char **argv)
{
    FILE *expected = argc == 2 ? fopen(argv[1], "r") : NULL;
    if (expected == NULL)
        return 2;
    srnn_rnn *rnn = create_rnn();
    srnn_context *context = NULL;
    check(srnn_context_create(&context, rnn));
    srnn_tensor *input = create_tensor(T, B, I);
    srnn_tensor *h0 = create_tensor(L * D, B, H);
    srnn_tensor *output = create_tensor(T, B, D * H);
    srnn_tensor *h_n = create_tensor(L * D, B, H);
    fill(input, 16);
    fill(h0, 17);
    check(srnn_context_forward(context, input, h0, output, h_n));
    const int wrong = compare(output, expected) + compare(h_n, expected);
    printf("C, simplernn %s: %d values wrong\n", srnn_version(), wrong);

    srnn_tensor_destroy(input);
    srnn_tensor_destroy(h0);
    srnn_tensor_destroy(output);
    srnn_tensor_destroy(h_n);
    srnn_context_destroy(context);
    srnn_rnn_destroy(rnn);
    fclose(expected);
    return wrong != 0;
}
