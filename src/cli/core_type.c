/* SPDX-License-Identifier: MIT */
#include "core_type.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What kernels and machines have, in order. */
typedef enum { LESS, AVX2, AVX512 } level;

static const char *const level_names[] = {"", "AVX2", "AVX-512"};

/* The core types of OpenBLAS for x86-64 without AVX-512: those with AVX2, and
 * those without. Any other is as good as the machine, as far as is known. */
static const char with_avx2[] = " Haswell Zen Excavator ";
static const char without_avx2[] =
    " Katmai Coppermine Northwood Prescott Banias Atom Core2 Penryn Dunnington "
    "Nehalem Athlon Opteron Opteron_SSE3 Barcelona Nano Sandybridge Bobcat "
    "Bulldozer Piledriver Steamroller ";

enum { NAME = 64 };

/* The text between a label and the next separator, "" if there is none. */
static void find_value(char name[NAME], const char *text, const char *label,
                       const char *separator)
{
    const char *const at = strstr(text, label);
    const char *const value = at == NULL ? "" : at + strlen(label);
    (void)snprintf(name, NAME, "%.*s", (int)strcspn(value, separator), value);
}

static bool is_in(const char *name, const char *list)
{
    char word[NAME + 2];
    (void)snprintf(word, sizeof word, " %s ", name);
    return strstr(list, word) != NULL;
}

static level level_of_core(const char *name)
{
    return is_in(name, without_avx2) ? LESS
           : is_in(name, with_avx2)  ? AVX2
                                     : AVX512;
}

#if defined(__x86_64__)
static bool is_made_by(bool intel)
{
    return intel ? __builtin_cpu_is("intel") : __builtin_cpu_is("amd");
}
#else
static bool is_made_by(bool intel)
{
    (void)intel;
    return false;
}
#endif

/* AVX-512 counts where it is twice as wide as AVX2 throughout. */
static level level_of_machine(void)
{
    if (srnn_supports(SRNN_ISA_AVX512) && is_made_by(true))
        return AVX512;
    return srnn_supports(SRNN_ISA_AVX2) ? AVX2 : LESS;
}

static const char *best_core(level machine)
{
    if (machine == AVX512)
        return "SkylakeX";
    return is_made_by(false) ? "Zen" : "Haswell";
}

const char *command_core_type_advice(char buffer[COMMAND_ADVICE])
{
    const char *const info = srnn_gemm_info(SRNN_GEMM_OPENBLAS);
    const char *const forced = getenv("OPENBLAS_CORETYPE");
    const level machine = level_of_machine();
    char core[NAME];
    char quoted[COMMAND_QUOTED];
    find_value(core, info, "; core type ", ";");
    buffer[0] = '\0';
    if (*core == '\0' || level_of_core(core) >= machine)
        return buffer;
    const int length = snprintf(buffer, COMMAND_ADVICE,
                                "OpenBLAS uses its kernels for %s, which lack "
                                "%s, although this machine has it: ",
                                core, level_names[machine]);
    char *const rest = buffer + length;
    const size_t room = COMMAND_ADVICE - (size_t)length;
    if (strstr(info, "DYNAMIC_ARCH") == NULL)
        (void)snprintf(rest, room,
                       "install an OpenBLAS that chooses its kernels when it "
                       "starts (DYNAMIC_ARCH)");
    else if (forced != NULL && *forced != '\0')
        (void)snprintf(rest, room, "unset OPENBLAS_CORETYPE, which is %s",
                       command_quote(quoted, forced));
    else
        (void)snprintf(rest, room,
                       "set OPENBLAS_CORETYPE=%s in the environment, or "
                       "install a newer OpenBLAS",
                       best_core(machine));
    return buffer;
}
