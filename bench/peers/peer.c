/* SPDX-License-Identifier: MIT */
#include "peer.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool parse_mode(bool *trains, const char *text)
{
    *trains = strcmp(text, "train") == 0;
    return *trains || strcmp(text, "forward") == 0;
}

static bool parse_loss(peer_loss *out, const char *text)
{
    *out = strcmp(text, "last") == 0 ? PEER_LOSS_LAST : PEER_LOSS_ALL;
    return *out == PEER_LOSS_LAST || strcmp(text, "all") == 0;
}

static bool parse_option(peer_options *out, bool *trains, int option,
                         const char *text)
{
    char *end = NULL;
    switch (option) {
    case 's':
        return bench_shape_parse(&out->shape, text);
    case 'm':
        return parse_mode(trains, text);
    case 'l':
        return parse_loss(&out->loss, text);
    case 't':
        out->threads = (int)strtol(text, &end, 10);
        break;
    case 'S':
        out->effort.seconds = strtod(text, &end);
        break;
    case 'n':
        out->effort.samples = strtoll(text, &end, 10);
        break;
    default:
        return false;
    }
    return end != text && *end == '\0';
}

bool peer_parse(peer_options *out, int argc, char **argv)
{
    static const struct option options[] = {
        {"shape", required_argument, NULL, 's'},
        {"mode", required_argument, NULL, 'm'},
        {"loss", required_argument, NULL, 'l'},
        {"threads", required_argument, NULL, 't'},
        {"seconds", required_argument, NULL, 'S'},
        {"samples", required_argument, NULL, 'n'},
        {NULL, 0, NULL, 0}};
    bool trains = false;
    int option = 0;
    int at = 0;
    *out = (peer_options){
        .loss = PEER_LOSS_ALL, .threads = 1, .effort = {0.3, 30}};
    while ((option = getopt_long(argc, argv, "", options, &at)) != -1)
        if (!parse_option(out, &trains, option, optarg)) {
            (void)fprintf(stderr, "%s: bad arguments\n", argv[0]);
            return false;
        }
    if (!trains)
        out->loss = PEER_LOSS_NONE;
    if (optind < argc || out->shape.T == 0 || out->threads < 1) {
        (void)fprintf(stderr, "%s: --shape T,B,I,H,L,D is missing\n", argv[0]);
        return false;
    }
    return true;
}

bool peer_is_right(double error)
{
    static const double largest = 1e-5;
    if (!(error < largest))
        (void)fprintf(stderr, "wrong by %g\n", error);
    return error < largest;
}

void peer_print(const char *library, const char *version, const char *blas,
                const char *core_type, const peer_options *options,
                const bench_times *times, double error)
{
    static const char *const modes[] = {
        [PEER_LOSS_NONE] = "\"mode\": \"forward\"",
        [PEER_LOSS_ALL] = "\"mode\": \"train\", \"loss\": \"all\"",
        [PEER_LOSS_LAST] = "\"mode\": \"train\", \"loss\": \"last\""};
    char shape[BENCH_SHAPE_TEXT];
    bench_shape_print(shape, &options->shape);
    (void)printf("{\"library\": \"%s\", \"version\": \"%s\", \"blas\": \"%s\"",
                 library, version, blas);
    if (core_type != NULL)
        (void)printf(", \"core_type\": \"%s\"", core_type);
    (void)printf(", %s, \"shape\": [%s], \"threads\": %d, \"median_us\": %.6g, "
                 "\"min_us\": %.6g, \"samples\": %" PRId64
                 ", \"error\": %.2g}\n",
                 modes[options->loss], shape, options->threads,
                 1e6 * times->median, 1e6 * times->min, times->samples, error);
}
