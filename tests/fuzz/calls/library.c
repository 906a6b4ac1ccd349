/* SPDX-License-Identifier: MIT */
/* What belongs to no object. */
#include <string.h>

#include "fuzz/calls/call.h"
#include "fuzz/memory.h"

#define TEXT(function)                                                         \
    static void call_##function(void)                                          \
    {                                                                          \
        call_begin();                                                          \
        require(function() != NULL);                                           \
        call_answered();                                                       \
    }

TEXT(srnn_version)
TEXT(srnn_build_info)
TEXT(srnn_last_error)

static void call_srnn_version_number(void)
{
    call_begin();
    require(srnn_version_number() == SRNN_VERSION_NUMBER);
    call_answered();
}

static void call_srnn_status_string(void)
{
    const srnn_status status = -(int32_t)input_take(64);
    call_begin();
    require(srnn_status_string(status) != NULL);
    call_answered();
}

static void call_srnn_status_name(void)
{
    const srnn_status status = -(int32_t)input_take(64);
    call_begin();
    require(srnn_status_name(status) != NULL);
    call_answered();
}

static int64_t take_constant(void)
{
    const int64_t set = input_take(21);
    return 100 * set + input_take(8);
}

/* A name gives the value back. */
static void call_srnn_constant_name(void)
{
    const int64_t value = input_rarely() ? input_index() : take_constant();
    call_begin();
    const char *const name = srnn_constant_name(value);
    call_answered();
    require(name == NULL ||
            srnn_constant_value(&results.integer, name) == SRNN_OK);
    require(name == NULL || results.integer == value);
}

static void call_srnn_constant_value(void)
{
    const char *const constant = srnn_constant_name(take_constant());
    const char *const name = constant == NULL ? input_name() : constant;
    int64_t *const out = input_rarely() ? NULL : &results.integer;
    (void)CALL(srnn_constant_value(out, name));
}

static void call_srnn_supports(void)
{
    const int32_t value = (int32_t)take_constant();
    call_begin();
    const int32_t is_supported = srnn_supports(value);
    call_answered();
    require(is_supported == 0 || is_supported == 1);
}

static void call_srnn_gemm_info(void)
{
    const srnn_gemm gemm = input_enumerator(SRNN_GEMM_NATIVE, 1);
    call_begin();
    require(srnn_gemm_info(gemm) != NULL);
    call_answered();
}

/* The same one, so that it goes on counting. */
static void call_srnn_allocator_set(void)
{
    const bool is_half = input_rarely();
    const bool is_idle = memory_living() == 0;
    const srnn_status status = CALL(memory_set_again(is_half));
    require(status == (is_half   ? SRNN_ERROR_INVALID
                       : is_idle ? SRNN_OK
                                 : SRNN_ERROR_IN_USE));
}

call_row calls_of_the_library[] = {
    CALL_ROW(srnn_version),       CALL_ROW(srnn_version_number),
    CALL_ROW(srnn_build_info),    CALL_ROW(srnn_last_error),
    CALL_ROW(srnn_status_string), CALL_ROW(srnn_status_name),
    CALL_ROW(srnn_constant_name), CALL_ROW(srnn_constant_value),
    CALL_ROW(srnn_supports),      CALL_ROW(srnn_gemm_info),
    CALL_ROW(srnn_allocator_set), {.name = NULL}};
