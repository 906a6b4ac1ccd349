// SPDX-License-Identifier: MIT
// Written by bindings/declarations.py from the headers.

use core::marker::{PhantomData, PhantomPinned};
use libc::{c_char, c_void};

pub type srnn_status = i32;

pub const SRNN_OK: srnn_status = 0;
pub const SRNN_ERROR_INVALID: srnn_status = -1;
pub const SRNN_ERROR_SHAPE: srnn_status = -2;
pub const SRNN_ERROR_DTYPE: srnn_status = -3;
pub const SRNN_ERROR_OVERFLOW: srnn_status = -4;
pub const SRNN_ERROR_ALIAS: srnn_status = -5;
pub const SRNN_ERROR_NOT_FOUND: srnn_status = -6;
pub const SRNN_ERROR_RANGE: srnn_status = -7;
pub const SRNN_ERROR_BUFFER: srnn_status = -8;
pub const SRNN_ERROR_NOT_FINITE: srnn_status = -9;
pub const SRNN_ERROR_BUSY: srnn_status = -20;
pub const SRNN_ERROR_UNSUPPORTED: srnn_status = -21;
pub const SRNN_ERROR_IN_USE: srnn_status = -22;
pub const SRNN_ERROR_STATE: srnn_status = -23;
pub const SRNN_ERROR_STALE: srnn_status = -24;
pub const SRNN_ERROR_NO_MEMORY: srnn_status = -40;
pub const SRNN_ERROR_IO: srnn_status = -41;
pub const SRNN_ERROR_FORMAT: srnn_status = -42;
pub const SRNN_ERROR_ENVIRONMENT: srnn_status = -43;

pub type srnn_allocate_function = Option<
    unsafe extern "C" fn(
        user: *mut c_void,
        size: usize,
        alignment: usize,
    ) -> *mut c_void,
>;

pub type srnn_free_function = Option<
    unsafe extern "C" fn(
        user: *mut c_void,
        memory: *mut c_void,
    ),
>;

pub type srnn_dtype = i32;

pub const SRNN_DTYPE_FLOAT32: srnn_dtype = 1001;
pub const SRNN_DTYPE_FLOAT64: srnn_dtype = 1002;
pub const SRNN_DTYPE_INT64: srnn_dtype = 1003;
pub const SRNN_DTYPE_UINT8: srnn_dtype = 1004;

pub const SRNN_MAX_RANK: i64 = 8;

#[repr(C)]
pub struct srnn_tensor {
    _data: [u8; 0],
    _marker: PhantomData<(*mut u8, PhantomPinned)>,
}

pub type srnn_nonlinearity = i32;

pub const SRNN_NONLINEARITY_TANH: srnn_nonlinearity = 1101;
pub const SRNN_NONLINEARITY_RELU: srnn_nonlinearity = 1102;
pub const SRNN_NONLINEARITY_SIGMOID: srnn_nonlinearity = 1103;
pub const SRNN_NONLINEARITY_IDENTITY: srnn_nonlinearity = 1104;

pub type srnn_direction = i32;

pub const SRNN_DIRECTION_FORWARD: srnn_direction = 1201;
pub const SRNN_DIRECTION_REVERSE: srnn_direction = 1202;
pub const SRNN_DIRECTION_BIDIRECTIONAL: srnn_direction = 1203;

pub type srnn_option = i32;

pub const SRNN_OPTION_INPUT_SIZE: srnn_option = 1;
pub const SRNN_OPTION_HIDDEN_SIZE: srnn_option = 2;
pub const SRNN_OPTION_NUM_LAYERS: srnn_option = 3;
pub const SRNN_OPTION_DIRECTION: srnn_option = 4;
pub const SRNN_OPTION_NONLINEARITY: srnn_option = 5;
pub const SRNN_OPTION_BIAS: srnn_option = 6;
pub const SRNN_OPTION_BATCH_FIRST: srnn_option = 7;
pub const SRNN_OPTION_DTYPE: srnn_option = 8;
pub const SRNN_OPTION_DROPOUT: srnn_option = 9;
pub const SRNN_OPTION_REQUIRE_STATED: srnn_option = 10;
pub const SRNN_OPTION_ALLOW_EXTRA: srnn_option = 11;

pub const SRNN_MAX_SIZE: i64 = 1073741823;
pub const SRNN_MAX_LAYERS: i64 = 65535;

#[repr(C)]
pub struct srnn_config {
    _data: [u8; 0],
    _marker: PhantomData<(*mut u8, PhantomPinned)>,
}

pub type srnn_initialisation = i32;

pub const SRNN_INITIALISATION_UNIFORM: srnn_initialisation = 2001;
pub const SRNN_INITIALISATION_ORTHOGONAL: srnn_initialisation = 2002;
pub const SRNN_INITIALISATION_IDENTITY: srnn_initialisation = 2003;
pub const SRNN_INITIALISATION_ZEROS: srnn_initialisation = 2004;

#[repr(C)]
pub struct srnn_weights {
    _data: [u8; 0],
    _marker: PhantomData<(*mut u8, PhantomPinned)>,
}

pub const SRNN_MAX_HEADER_SIZE: i64 = 4194304;

pub type srnn_read_function = Option<
    unsafe extern "C" fn(
        user: *mut c_void,
        offset: i64,
        target: *mut c_void,
        size: usize,
    ) -> i64,
>;

#[repr(C)]
pub struct srnn_rnn {
    _data: [u8; 0],
    _marker: PhantomData<(*mut u8, PhantomPinned)>,
}

pub type srnn_origin = i32;

pub const SRNN_ORIGIN_DEFAULT: srnn_origin = 1701;
pub const SRNN_ORIGIN_FILE: srnn_origin = 1702;
pub const SRNN_ORIGIN_CALLER: srnn_origin = 1703;

pub type srnn_write_function = Option<
    unsafe extern "C" fn(
        user: *mut c_void,
        bytes: *const c_void,
        size: usize,
    ) -> i64,
>;

pub type srnn_role = i32;

pub const SRNN_ROLE_INPUT: srnn_role = 1301;
pub const SRNN_ROLE_OUTPUT: srnn_role = 1302;
pub const SRNN_ROLE_HIDDEN: srnn_role = 1303;

#[repr(C)]
pub struct srnn_cell {
    _data: [u8; 0],
    _marker: PhantomData<(*mut u8, PhantomPinned)>,
}

pub type srnn_gemm = i32;

pub const SRNN_GEMM_NATIVE: srnn_gemm = 1401;
pub const SRNN_GEMM_OPENBLAS: srnn_gemm = 1402;

pub type srnn_isa = i32;

pub const SRNN_ISA_BASELINE: srnn_isa = 1501;
pub const SRNN_ISA_AVX2: srnn_isa = 1502;
pub const SRNN_ISA_AVX512: srnn_isa = 1503;
pub const SRNN_ISA_NEON: srnn_isa = 1504;

pub type srnn_schedule = i32;

pub const SRNN_SCHEDULE_AUTO: srnn_schedule = 1601;
pub const SRNN_SCHEDULE_SERIAL: srnn_schedule = 1602;
pub const SRNN_SCHEDULE_BATCH: srnn_schedule = 1603;
pub const SRNN_SCHEDULE_DIRECTIONS: srnn_schedule = 1604;
pub const SRNN_SCHEDULE_LAYERS: srnn_schedule = 1605;
pub const SRNN_SCHEDULE_COLUMNS: srnn_schedule = 1606;

pub type srnn_context_option = i32;

pub const SRNN_CONTEXT_GEMM: srnn_context_option = 101;
pub const SRNN_CONTEXT_ISA: srnn_context_option = 102;
pub const SRNN_CONTEXT_NUM_THREADS: srnn_context_option = 103;
pub const SRNN_CONTEXT_SCHEDULE: srnn_context_option = 104;
pub const SRNN_CONTEXT_FLUSH_SUBNORMALS: srnn_context_option = 105;
pub const SRNN_CONTEXT_LAST_SCHEDULE: srnn_context_option = 106;
pub const SRNN_CONTEXT_LAST_THREADS: srnn_context_option = 107;
pub const SRNN_CONTEXT_KEEP_TINY_GRADIENTS: srnn_context_option = 108;
pub const SRNN_CONTEXT_GFLOPS: srnn_context_option = 109;
pub const SRNN_CONTEXT_L2_GBPS: srnn_context_option = 110;
pub const SRNN_CONTEXT_L3_GBPS: srnn_context_option = 111;
pub const SRNN_CONTEXT_MEASURED_RATES: srnn_context_option = 112;

pub const SRNN_MAX_THREADS: i64 = 256;

#[repr(C)]
pub struct srnn_context {
    _data: [u8; 0],
    _marker: PhantomData<(*mut u8, PhantomPinned)>,
}

#[repr(C)]
pub struct srnn_gradients {
    _data: [u8; 0],
    _marker: PhantomData<(*mut u8, PhantomPinned)>,
}

pub type srnn_tape_option = i32;

pub const SRNN_TAPE_CHECKPOINT_STEPS: srnn_tape_option = 301;
pub const SRNN_TAPE_DROPOUT: srnn_tape_option = 302;
pub const SRNN_TAPE_DROPOUT_SEED: srnn_tape_option = 303;
pub const SRNN_TAPE_FIRST_ROW: srnn_tape_option = 304;
pub const SRNN_TAPE_FIRST_STEP: srnn_tape_option = 305;

pub type srnn_accumulation = i32;

pub const SRNN_ACCUMULATION_SET: srnn_accumulation = 1801;
pub const SRNN_ACCUMULATION_ADD: srnn_accumulation = 1802;

#[repr(C)]
pub struct srnn_tape {
    _data: [u8; 0],
    _marker: PhantomData<(*mut u8, PhantomPinned)>,
}

#[repr(C)]
pub struct srnn_linear {
    _data: [u8; 0],
    _marker: PhantomData<(*mut u8, PhantomPinned)>,
}

pub const SRNN_IGNORE_INDEX: i64 = -100;

pub type srnn_optimizer_kind = i32;

pub const SRNN_OPTIMIZER_KIND_SGD: srnn_optimizer_kind = 1901;
pub const SRNN_OPTIMIZER_KIND_ADAM: srnn_optimizer_kind = 1902;
pub const SRNN_OPTIMIZER_KIND_ADAMW: srnn_optimizer_kind = 1903;
pub const SRNN_OPTIMIZER_KIND_RMSPROP: srnn_optimizer_kind = 1904;

pub type srnn_optimizer_option = i32;

pub const SRNN_OPTIMIZER_LEARNING_RATE: srnn_optimizer_option = 401;
pub const SRNN_OPTIMIZER_WEIGHT_DECAY: srnn_optimizer_option = 402;
pub const SRNN_OPTIMIZER_MOMENTUM: srnn_optimizer_option = 403;
pub const SRNN_OPTIMIZER_DAMPENING: srnn_optimizer_option = 404;
pub const SRNN_OPTIMIZER_NESTEROV: srnn_optimizer_option = 405;
pub const SRNN_OPTIMIZER_BETA1: srnn_optimizer_option = 406;
pub const SRNN_OPTIMIZER_BETA2: srnn_optimizer_option = 407;
pub const SRNN_OPTIMIZER_EPSILON: srnn_optimizer_option = 408;
pub const SRNN_OPTIMIZER_ALPHA: srnn_optimizer_option = 409;
pub const SRNN_OPTIMIZER_CENTERED: srnn_optimizer_option = 410;
pub const SRNN_OPTIMIZER_CHECK_FINITE: srnn_optimizer_option = 411;
pub const SRNN_OPTIMIZER_STEPS: srnn_optimizer_option = 412;

#[repr(C)]
pub struct srnn_optimizer {
    _data: [u8; 0],
    _marker: PhantomData<(*mut u8, PhantomPinned)>,
}

pub type srnn_stream_option = i32;

pub const SRNN_STREAM_BATCH: srnn_stream_option = 201;
pub const SRNN_STREAM_FLUSH_SUBNORMALS: srnn_stream_option = 202;

#[repr(C)]
pub struct srnn_stream {
    _data: [u8; 0],
    _marker: PhantomData<(*mut u8, PhantomPinned)>,
}

extern "C" {
    pub fn srnn_status_string(
        status: srnn_status,
    ) -> *const c_char;

    pub fn srnn_status_name(
        status: srnn_status,
    ) -> *const c_char;

    pub fn srnn_last_error() -> *const c_char;

    #[must_use]
    pub fn srnn_constant_value(
        out: *mut i64,
        name: *const c_char,
    ) -> srnn_status;

    pub fn srnn_constant_name(
        value: i64,
    ) -> *const c_char;

    #[must_use]
    pub fn srnn_allocator_set(
        allocate: srnn_allocate_function,
        release: srnn_free_function,
        user: *mut c_void,
    ) -> srnn_status;

    #[must_use]
    pub fn srnn_tensor_create(
        out: *mut *mut srnn_tensor,
        dtype: srnn_dtype,
        rank: i32,
        shape: *const i64,
    ) -> srnn_status;

    #[must_use]
    pub fn srnn_tensor_wrap(
        out: *mut *mut srnn_tensor,
        data: *mut c_void,
        dtype: srnn_dtype,
        rank: i32,
        shape: *const i64,
        strides: *const i64,
    ) -> srnn_status;

    #[must_use]
    pub fn srnn_tensor_wrap_const(
        out: *mut *mut srnn_tensor,
        data: *const c_void,
        dtype: srnn_dtype,
        rank: i32,
        shape: *const i64,
        strides: *const i64,
    ) -> srnn_status;

    #[must_use]
    pub fn srnn_tensor_rewrap(
        tensor: *mut srnn_tensor,
        data: *mut c_void,
        dtype: srnn_dtype,
        rank: i32,
        shape: *const i64,
        strides: *const i64,
    ) -> srnn_status;

    #[must_use]
    pub fn srnn_tensor_rewrap_const(
        tensor: *mut srnn_tensor,
        data: *const c_void,
        dtype: srnn_dtype,
        rank: i32,
        shape: *const i64,
        strides: *const i64,
    ) -> srnn_status;

    pub fn srnn_tensor_destroy(
        tensor: *mut srnn_tensor,
    );

    pub fn srnn_tensor_dtype(
        tensor: *const srnn_tensor,
    ) -> srnn_dtype;

    pub fn srnn_tensor_rank(
        tensor: *const srnn_tensor,
    ) -> i32;

    pub fn srnn_tensor_shape(
        tensor: *const srnn_tensor,
    ) -> *const i64;

    pub fn srnn_tensor_strides(
        tensor: *const srnn_tensor,
    ) -> *const i64;

    pub fn srnn_tensor_size(
        tensor: *const srnn_tensor,
    ) -> i64;

    pub fn srnn_tensor_data(
        tensor: *const srnn_tensor,
    ) -> *mut c_void;

    pub fn srnn_tensor_const_data(
        tensor: *const srnn_tensor,
    ) -> *const c_void;

    pub fn srnn_tensor_is_read_only(
        tensor: *const srnn_tensor,
    ) -> i32;

    #[must_use]
    pub fn srnn_tensor_copy(
        target: *mut srnn_tensor,
        source: *const srnn_tensor,
    ) -> srnn_status;

    #[must_use]
    pub fn srnn_tensor_concatenate(
        out: *mut *mut srnn_tensor,
        tensors: *const *const srnn_tensor,
        count: i64,
        axis: i32,
    ) -> srnn_status;

    #[must_use]
    pub fn srnn_config_create(
        out: *mut *mut srnn_config,
    ) -> srnn_status;

    pub fn srnn_config_destroy(
        config: *mut srnn_config,
    );

    #[must_use]
    pub fn srnn_config_set_int(
        config: *mut srnn_config,
        option: srnn_option,
        value: i64,
    ) -> srnn_status;

    #[must_use]
    pub fn srnn_config_set_real(
        config: *mut srnn_config,
        option: srnn_option,
        value: f64,
    ) -> srnn_status;

    #[must_use]
    pub fn srnn_config_get_int(
        out: *mut i64,
        config: *const srnn_config,
        option: srnn_option,
    ) -> srnn_status;

    #[must_use]
    pub fn srnn_config_get_real(
        out: *mut f64,
        config: *const srnn_config,
        option: srnn_option,
    ) -> srnn_status;

    #[must_use]
    pub fn srnn_weights_open(
        out: *mut *mut srnn_weights,
        path: *const c_char,
    ) -> srnn_status;

    #[must_use]
    pub fn srnn_weights_open_memory(
        out: *mut *mut srnn_weights,
        bytes: *const c_void,
        size: usize,
    ) -> srnn_status;

    #[must_use]
    pub fn srnn_weights_open_callback(
        out: *mut *mut srnn_weights,
        read: srnn_read_function,
        user: *mut c_void,
        size: i64,
    ) -> srnn_status;

    pub fn srnn_weights_destroy(
        weights: *mut srnn_weights,
    );

    pub fn srnn_weights_count(
        weights: *const srnn_weights,
    ) -> i64;

    pub fn srnn_weights_name(
        weights: *const srnn_weights,
        index: i64,
    ) -> *const c_char;

    pub fn srnn_weights_type(
        weights: *const srnn_weights,
        index: i64,
    ) -> *const c_char;

    pub fn srnn_weights_rank(
        weights: *const srnn_weights,
        index: i64,
    ) -> i32;

    pub fn srnn_weights_shape(
        weights: *const srnn_weights,
        index: i64,
    ) -> *const i64;

    pub fn srnn_weights_metadata(
        weights: *const srnn_weights,
        key: *const c_char,
    ) -> *const c_char;

    pub fn srnn_weights_metadata_key(
        weights: *const srnn_weights,
        index: i64,
    ) -> *const c_char;

    #[must_use]
    pub fn srnn_weights_read_tensor(
        out: *mut *mut srnn_tensor,
        weights: *const srnn_weights,
        name: *const c_char,
    ) -> srnn_status;

    #[must_use]
    pub fn srnn_rnn_create(
        out: *mut *mut srnn_rnn,
        input_size: i64,
        hidden_size: i64,
        config: *const srnn_config,
        seed: u64,
    ) -> srnn_status;

    #[must_use]
    pub fn srnn_rnn_create_from_tensors(
        out: *mut *mut srnn_rnn,
        values: *const *const srnn_tensor,
        count: i64,
        config: *const srnn_config,
    ) -> srnn_status;

    #[must_use]
    pub fn srnn_rnn_create_from_weights(
        out: *mut *mut srnn_rnn,
        weights: *const srnn_weights,
        prefix: *const c_char,
        config: *const srnn_config,
    ) -> srnn_status;

    #[must_use]
    pub fn srnn_rnn_clone(
        out: *mut *mut srnn_rnn,
        rnn: *const srnn_rnn,
    ) -> srnn_status;

    pub fn srnn_rnn_destroy(
        rnn: *mut srnn_rnn,
    );

    #[must_use]
    pub fn srnn_rnn_get_int(
        out: *mut i64,
        rnn: *const srnn_rnn,
        option: srnn_option,
    ) -> srnn_status;

    #[must_use]
    pub fn srnn_rnn_get_real(
        out: *mut f64,
        rnn: *const srnn_rnn,
        option: srnn_option,
    ) -> srnn_status;

    pub fn srnn_rnn_origin(
        rnn: *const srnn_rnn,
        option: srnn_option,
    ) -> srnn_origin;

    pub fn srnn_rnn_parameter_count(
        rnn: *const srnn_rnn,
    ) -> i64;

    pub fn srnn_rnn_parameter_name(
        rnn: *const srnn_rnn,
        index: i64,
    ) -> *const c_char;

    pub fn srnn_rnn_find_parameter(
        rnn: *const srnn_rnn,
        name: *const c_char,
    ) -> i64;

    pub fn srnn_rnn_parameter_rank(
        rnn: *const srnn_rnn,
        index: i64,
    ) -> i32;

    pub fn srnn_rnn_parameter_shape(
        rnn: *const srnn_rnn,
        index: i64,
    ) -> *const i64;

    pub fn srnn_rnn_parameter_data(
        rnn: *const srnn_rnn,
        index: i64,
    ) -> *const c_void;

    #[must_use]
    pub fn srnn_rnn_copy_parameter(
        out: *mut *mut srnn_tensor,
        rnn: *const srnn_rnn,
        name: *const c_char,
    ) -> srnn_status;

    #[must_use]
    pub fn srnn_rnn_set_parameter(
        rnn: *mut srnn_rnn,
        name: *const c_char,
        value: *const srnn_tensor,
    ) -> srnn_status;

    #[must_use]
    pub fn srnn_rnn_set_parameters(
        rnn: *mut srnn_rnn,
        values: *const *const srnn_tensor,
        count: i64,
    ) -> srnn_status;

    pub fn srnn_rnn_flat_size(
        rnn: *const srnn_rnn,
    ) -> i64;

    #[must_use]
    pub fn srnn_rnn_get_flat(
        rnn: *const srnn_rnn,
        values: *mut srnn_tensor,
    ) -> srnn_status;

    #[must_use]
    pub fn srnn_rnn_set_flat(
        rnn: *mut srnn_rnn,
        values: *const srnn_tensor,
    ) -> srnn_status;

    #[must_use]
    pub fn srnn_rnn_initialise(
        rnn: *mut srnn_rnn,
        name: *const c_char,
        kind: srnn_initialisation,
        gain: f64,
        seed: u64,
    ) -> srnn_status;

    #[must_use]
    pub fn srnn_rnn_save(
        rnn: *const srnn_rnn,
        path: *const c_char,
        prefix: *const c_char,
        metadata: *const *const c_char,
    ) -> srnn_status;

    #[must_use]
    pub fn srnn_rnn_save_alone(
        rnn: *const srnn_rnn,
        path: *const c_char,
        prefix: *const c_char,
        metadata: *const *const c_char,
    ) -> srnn_status;

    #[must_use]
    pub fn srnn_rnn_save_callback(
        rnn: *const srnn_rnn,
        write: srnn_write_function,
        user: *mut c_void,
        prefix: *const c_char,
        metadata: *const *const c_char,
    ) -> srnn_status;

    #[must_use]
    pub fn srnn_rnn_shape(
        out: *mut i64,
        rnn: *const srnn_rnn,
        role: srnn_role,
        steps: i64,
        batch: i64,
    ) -> srnn_status;

    #[must_use]
    pub fn srnn_rnn_describe(
        text: *mut c_char,
        capacity: usize,
        length: *mut usize,
        rnn: *const srnn_rnn,
        steps: i64,
        batch: i64,
    ) -> srnn_status;

    #[must_use]
    pub fn srnn_cell_create(
        out: *mut *mut srnn_cell,
        nonlinearity: srnn_nonlinearity,
        weight_ih: *const srnn_tensor,
        weight_hh: *const srnn_tensor,
        bias_ih: *const srnn_tensor,
        bias_hh: *const srnn_tensor,
    ) -> srnn_status;

    #[must_use]
    pub fn srnn_cell_create_view(
        out: *mut *mut srnn_cell,
        rnn: *const srnn_rnn,
        layer: i64,
        direction: srnn_direction,
    ) -> srnn_status;

    pub fn srnn_cell_destroy(
        cell: *mut srnn_cell,
    );

    pub fn srnn_cell_input_size(
        cell: *const srnn_cell,
    ) -> i64;

    pub fn srnn_cell_hidden_size(
        cell: *const srnn_cell,
    ) -> i64;

    #[must_use]
    pub fn srnn_cell_forward(
        cell: *const srnn_cell,
        input: *const srnn_tensor,
        hidden: *const srnn_tensor,
        output: *mut srnn_tensor,
    ) -> srnn_status;

    pub fn srnn_gemm_info(
        gemm: srnn_gemm,
    ) -> *const c_char;

    pub fn srnn_supports(
        value: i32,
    ) -> i32;

    #[must_use]
    pub fn srnn_context_create(
        out: *mut *mut srnn_context,
        rnn: *const srnn_rnn,
    ) -> srnn_status;

    pub fn srnn_context_destroy(
        context: *mut srnn_context,
    );

    pub fn srnn_context_rnn(
        context: *const srnn_context,
    ) -> *const srnn_rnn;

    #[must_use]
    pub fn srnn_context_set_int(
        context: *mut srnn_context,
        option: srnn_context_option,
        value: i64,
    ) -> srnn_status;

    #[must_use]
    pub fn srnn_context_get_int(
        out: *mut i64,
        context: *const srnn_context,
        option: srnn_context_option,
    ) -> srnn_status;

    #[must_use]
    pub fn srnn_context_forward(
        context: *mut srnn_context,
        input: *const srnn_tensor,
        h0: *const srnn_tensor,
        output: *mut srnn_tensor,
        h_n: *mut srnn_tensor,
    ) -> srnn_status;

    #[must_use]
    pub fn srnn_context_forward_contiguous(
        context: *mut srnn_context,
        steps: i64,
        batch: i64,
        input: *const c_void,
        h0: *const c_void,
        output: *mut c_void,
        h_n: *mut c_void,
    ) -> srnn_status;

    #[must_use]
    pub fn srnn_context_forward_sequences(
        context: *mut srnn_context,
        input: *const srnn_tensor,
        lengths: *const srnn_tensor,
        resets: *const srnn_tensor,
        h0: *const srnn_tensor,
        fresh: *const srnn_tensor,
        output: *mut srnn_tensor,
        h_n: *mut srnn_tensor,
    ) -> srnn_status;

    #[must_use]
    pub fn srnn_gradients_create(
        out: *mut *mut srnn_gradients,
        rnn: *mut srnn_rnn,
    ) -> srnn_status;

    #[must_use]
    pub fn srnn_gradients_wrap(
        out: *mut *mut srnn_gradients,
        rnn: *mut srnn_rnn,
        data: *mut c_void,
    ) -> srnn_status;

    #[must_use]
    pub fn srnn_gradients_create_tensor(
        out: *mut *mut srnn_gradients,
        value: *mut srnn_tensor,
        name: *const c_char,
    ) -> srnn_status;

    pub fn srnn_gradients_destroy(
        gradients: *mut srnn_gradients,
    );

    pub fn srnn_gradients_rnn(
        gradients: *const srnn_gradients,
    ) -> *const srnn_rnn;

    pub fn srnn_gradients_flat(
        gradients: *mut srnn_gradients,
    ) -> *mut srnn_tensor;

    pub fn srnn_gradients_tensor(
        gradients: *mut srnn_gradients,
        name: *const c_char,
    ) -> *mut srnn_tensor;

    #[must_use]
    pub fn srnn_gradients_set_trained(
        gradients: *mut srnn_gradients,
        name: *const c_char,
        trained: i32,
    ) -> srnn_status;

    pub fn srnn_gradients_is_trained(
        gradients: *const srnn_gradients,
        name: *const c_char,
    ) -> i32;

    #[must_use]
    pub fn srnn_gradients_scale(
        list: *const *mut srnn_gradients,
        count: i64,
        factor: f64,
    ) -> srnn_status;

    #[must_use]
    pub fn srnn_gradients_norm(
        norm: *mut f64,
        list: *const *mut srnn_gradients,
        count: i64,
    ) -> srnn_status;

    #[must_use]
    pub fn srnn_gradients_clip_norm(
        norm: *mut f64,
        list: *const *mut srnn_gradients,
        count: i64,
        maximum: f64,
    ) -> srnn_status;

    #[must_use]
    pub fn srnn_gradients_clip_value(
        list: *const *mut srnn_gradients,
        count: i64,
        maximum: f64,
    ) -> srnn_status;

    #[must_use]
    pub fn srnn_tape_create(
        out: *mut *mut srnn_tape,
        rnn: *const srnn_rnn,
    ) -> srnn_status;

    pub fn srnn_tape_destroy(
        tape: *mut srnn_tape,
    );

    pub fn srnn_tape_rnn(
        tape: *const srnn_tape,
    ) -> *const srnn_rnn;

    #[must_use]
    pub fn srnn_tape_set_int(
        tape: *mut srnn_tape,
        option: srnn_tape_option,
        value: i64,
    ) -> srnn_status;

    #[must_use]
    pub fn srnn_tape_get_int(
        out: *mut i64,
        tape: *const srnn_tape,
        option: srnn_tape_option,
    ) -> srnn_status;

    #[must_use]
    pub fn srnn_tape_size(
        out: *mut usize,
        tape: *const srnn_tape,
        steps: i64,
        batch: i64,
    ) -> srnn_status;

    #[must_use]
    pub fn srnn_tape_set_memory(
        tape: *mut srnn_tape,
        memory: *mut c_void,
        bytes: usize,
    ) -> srnn_status;

    #[must_use]
    pub fn srnn_context_tape_size(
        out: *mut usize,
        context: *const srnn_context,
        tape: *const srnn_tape,
        steps: i64,
        batch: i64,
    ) -> srnn_status;

    #[must_use]
    pub fn srnn_context_record(
        context: *mut srnn_context,
        tape: *mut srnn_tape,
        input: *const srnn_tensor,
        lengths: *const srnn_tensor,
        resets: *const srnn_tensor,
        h0: *const srnn_tensor,
        fresh: *const srnn_tensor,
        output: *mut srnn_tensor,
        h_n: *mut srnn_tensor,
    ) -> srnn_status;

    #[must_use]
    pub fn srnn_context_record_contiguous(
        context: *mut srnn_context,
        tape: *mut srnn_tape,
        steps: i64,
        batch: i64,
        input: *const c_void,
        lengths: *const i64,
        resets: *const u8,
        h0: *const c_void,
        fresh: *const c_void,
        output: *mut c_void,
        h_n: *mut c_void,
    ) -> srnn_status;

    #[must_use]
    pub fn srnn_context_backward(
        context: *mut srnn_context,
        tape: *const srnn_tape,
        input: *const srnn_tensor,
        d_output: *const srnn_tensor,
        d_h_n: *const srnn_tensor,
        accumulation: srnn_accumulation,
        gradients: *mut srnn_gradients,
        d_input: *mut srnn_tensor,
        d_h0: *mut srnn_tensor,
        d_fresh: *mut srnn_tensor,
    ) -> srnn_status;

    #[must_use]
    pub fn srnn_context_backward_contiguous(
        context: *mut srnn_context,
        tape: *const srnn_tape,
        input: *const c_void,
        d_output: *const c_void,
        d_h_n: *const c_void,
        accumulation: srnn_accumulation,
        gradients: *const *mut c_void,
        d_input: *mut c_void,
        d_h0: *mut c_void,
        d_fresh: *mut c_void,
    ) -> srnn_status;

    #[must_use]
    pub fn srnn_linear_create(
        out: *mut *mut srnn_linear,
        dtype: srnn_dtype,
        in_features: i64,
        out_features: i64,
        bias: i32,
        seed: u64,
    ) -> srnn_status;

    #[must_use]
    pub fn srnn_linear_create_from_weights(
        out: *mut *mut srnn_linear,
        weights: *const srnn_weights,
        prefix: *const c_char,
    ) -> srnn_status;

    pub fn srnn_linear_destroy(
        linear: *mut srnn_linear,
    );

    pub fn srnn_linear_dtype(
        linear: *const srnn_linear,
    ) -> srnn_dtype;

    pub fn srnn_linear_in_features(
        linear: *const srnn_linear,
    ) -> i64;

    pub fn srnn_linear_out_features(
        linear: *const srnn_linear,
    ) -> i64;

    pub fn srnn_linear_has_bias(
        linear: *const srnn_linear,
    ) -> i32;

    #[must_use]
    pub fn srnn_linear_copy_parameter(
        out: *mut *mut srnn_tensor,
        linear: *const srnn_linear,
        name: *const c_char,
    ) -> srnn_status;

    #[must_use]
    pub fn srnn_linear_set_parameter(
        linear: *mut srnn_linear,
        name: *const c_char,
        value: *const srnn_tensor,
    ) -> srnn_status;

    #[must_use]
    pub fn srnn_linear_initialise(
        linear: *mut srnn_linear,
        name: *const c_char,
        kind: srnn_initialisation,
        gain: f64,
        seed: u64,
    ) -> srnn_status;

    pub fn srnn_linear_flat_size(
        linear: *const srnn_linear,
    ) -> i64;

    #[must_use]
    pub fn srnn_linear_get_flat(
        linear: *const srnn_linear,
        values: *mut srnn_tensor,
    ) -> srnn_status;

    #[must_use]
    pub fn srnn_linear_set_flat(
        linear: *mut srnn_linear,
        values: *const srnn_tensor,
    ) -> srnn_status;

    #[must_use]
    pub fn srnn_linear_save(
        linear: *const srnn_linear,
        path: *const c_char,
        prefix: *const c_char,
    ) -> srnn_status;

    #[must_use]
    pub fn srnn_gradients_create_linear(
        out: *mut *mut srnn_gradients,
        linear: *mut srnn_linear,
    ) -> srnn_status;

    #[must_use]
    pub fn srnn_linear_forward(
        linear: *const srnn_linear,
        context: *mut srnn_context,
        input: *const srnn_tensor,
        output: *mut srnn_tensor,
    ) -> srnn_status;

    #[must_use]
    pub fn srnn_linear_backward(
        linear: *const srnn_linear,
        context: *mut srnn_context,
        input: *const srnn_tensor,
        d_output: *const srnn_tensor,
        accumulation: srnn_accumulation,
        gradients: *mut srnn_gradients,
        d_input: *mut srnn_tensor,
    ) -> srnn_status;

    #[must_use]
    pub fn srnn_loss_cross_entropy(
        sum: *mut f64,
        count: *mut i64,
        d_logits: *mut srnn_tensor,
        logits: *const srnn_tensor,
        targets: *const srnn_tensor,
        divisor: f64,
    ) -> srnn_status;

    #[must_use]
    pub fn srnn_loss_squared_error(
        sum: *mut f64,
        count: *mut i64,
        d_output: *mut srnn_tensor,
        output: *const srnn_tensor,
        target: *const srnn_tensor,
        counted: *const srnn_tensor,
        divisor: f64,
    ) -> srnn_status;

    #[must_use]
    pub fn srnn_optimizer_create(
        out: *mut *mut srnn_optimizer,
        kind: srnn_optimizer_kind,
    ) -> srnn_status;

    pub fn srnn_optimizer_destroy(
        optimizer: *mut srnn_optimizer,
    );

    pub fn srnn_optimizer_get_kind(
        optimizer: *const srnn_optimizer,
    ) -> srnn_optimizer_kind;

    #[must_use]
    pub fn srnn_optimizer_add(
        optimizer: *mut srnn_optimizer,
        gradients: *mut srnn_gradients,
        prefix: *const c_char,
    ) -> srnn_status;

    #[must_use]
    pub fn srnn_optimizer_set_real(
        optimizer: *mut srnn_optimizer,
        gradients: *const srnn_gradients,
        option: srnn_optimizer_option,
        value: f64,
    ) -> srnn_status;

    #[must_use]
    pub fn srnn_optimizer_get_real(
        out: *mut f64,
        optimizer: *const srnn_optimizer,
        gradients: *const srnn_gradients,
        option: srnn_optimizer_option,
    ) -> srnn_status;

    #[must_use]
    pub fn srnn_optimizer_set_int(
        optimizer: *mut srnn_optimizer,
        gradients: *const srnn_gradients,
        option: srnn_optimizer_option,
        value: i64,
    ) -> srnn_status;

    #[must_use]
    pub fn srnn_optimizer_get_int(
        out: *mut i64,
        optimizer: *const srnn_optimizer,
        gradients: *const srnn_gradients,
        option: srnn_optimizer_option,
    ) -> srnn_status;

    #[must_use]
    pub fn srnn_optimizer_step(
        optimizer: *mut srnn_optimizer,
    ) -> srnn_status;

    #[must_use]
    pub fn srnn_optimizer_save(
        optimizer: *const srnn_optimizer,
        path: *const c_char,
        names: *const *const c_char,
        tensors: *const *const srnn_tensor,
        count: i64,
        metadata: *const *const c_char,
    ) -> srnn_status;

    #[must_use]
    pub fn srnn_optimizer_load(
        optimizer: *mut srnn_optimizer,
        weights: *const srnn_weights,
    ) -> srnn_status;

    #[must_use]
    pub fn srnn_stream_create(
        out: *mut *mut srnn_stream,
        context: *const srnn_context,
        batch: i64,
    ) -> srnn_status;

    pub fn srnn_stream_destroy(
        stream: *mut srnn_stream,
    );

    pub fn srnn_stream_rnn(
        stream: *const srnn_stream,
    ) -> *const srnn_rnn;

    #[must_use]
    pub fn srnn_stream_set_int(
        stream: *mut srnn_stream,
        option: srnn_stream_option,
        value: i64,
    ) -> srnn_status;

    #[must_use]
    pub fn srnn_stream_get_int(
        out: *mut i64,
        stream: *const srnn_stream,
        option: srnn_stream_option,
    ) -> srnn_status;

    #[must_use]
    pub fn srnn_stream_step(
        stream: *mut srnn_stream,
        input: *const c_void,
        output: *mut c_void,
    ) -> srnn_status;

    #[must_use]
    pub fn srnn_stream_advance(
        stream: *mut srnn_stream,
        context: *mut srnn_context,
        input: *const srnn_tensor,
        resets: *const srnn_tensor,
        fresh: *const srnn_tensor,
        output: *mut srnn_tensor,
    ) -> srnn_status;

    #[must_use]
    pub fn srnn_stream_reset(
        stream: *mut srnn_stream,
        rows: *const u8,
        fresh: *const c_void,
        fresh_batch: i64,
    ) -> srnn_status;

    #[must_use]
    pub fn srnn_stream_get_state(
        stream: *const srnn_stream,
        states: *mut srnn_tensor,
    ) -> srnn_status;

    #[must_use]
    pub fn srnn_stream_set_state(
        stream: *mut srnn_stream,
        states: *const srnn_tensor,
    ) -> srnn_status;

    #[must_use]
    pub fn srnn_stream_set_rnn(
        stream: *mut srnn_stream,
        rnn: *const srnn_rnn,
    ) -> srnn_status;

    pub fn srnn_version() -> *const c_char;

    pub fn srnn_version_number() -> i32;

    pub fn srnn_build_info() -> *const c_char;
}
