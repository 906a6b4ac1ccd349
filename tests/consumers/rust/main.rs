// SPDX-License-Identifier: MIT
// A program outside the project, in Rust through extern "C" alone.

use std::ffi::{CStr, CString};
use std::os::raw::{c_char, c_void};
use std::ptr::{null, null_mut};

const T: i64 = 3;
const B: i64 = 2;
const I: i64 = 4;
const H: i64 = 2;
const L: i64 = 2;
const D: i64 = 2;

/// Every handle of the library: opaque here.
type Handle = *mut c_void;

#[link(name = "simplernn")]
extern "C" {
    fn srnn_version() -> *const c_char;
    fn srnn_last_error() -> *const c_char;
    fn srnn_constant_value(out: *mut i64, name: *const c_char) -> i32;
    fn srnn_config_create(out: *mut Handle) -> i32;
    fn srnn_config_set_int(config: Handle, option: i32, value: i64) -> i32;
    fn srnn_config_destroy(config: Handle);
    fn srnn_rnn_create(
        out: *mut Handle,
        input_size: i64,
        hidden_size: i64,
        config: Handle,
        seed: u64,
    ) -> i32;
    fn srnn_rnn_destroy(rnn: Handle);
    fn srnn_rnn_parameter_count(rnn: Handle) -> i64;
    fn srnn_rnn_parameter_rank(rnn: Handle, index: i64) -> i32;
    fn srnn_rnn_parameter_shape(rnn: Handle, index: i64) -> *const i64;
    fn srnn_rnn_set_parameters(
        rnn: Handle,
        values: *const Handle,
        count: i64,
    ) -> i32;
    fn srnn_tensor_wrap(
        out: *mut Handle,
        data: *mut f32,
        dtype: i32,
        rank: i32,
        shape: *const i64,
        strides: *const i64,
    ) -> i32;
    fn srnn_tensor_destroy(tensor: Handle);
    fn srnn_context_create(out: *mut Handle, rnn: Handle) -> i32;
    fn srnn_context_forward_contiguous(
        context: Handle,
        steps: i64,
        batch: i64,
        input: *const f32,
        h0: *const f32,
        output: *mut f32,
        h_n: *mut f32,
    ) -> i32;
    fn srnn_context_destroy(context: Handle);
    fn srnn_stream_create(out: *mut Handle, context: Handle, batch: i64)
        -> i32;
    fn srnn_stream_step(
        stream: Handle,
        input: *const f32,
        output: *mut f32,
    ) -> i32;
    fn srnn_stream_destroy(stream: Handle);
}

fn text(pointer: *const c_char) -> String {
    // SAFETY: the library's texts are never NULL and end in a NUL.
    unsafe { CStr::from_ptr(pointer) }
        .to_string_lossy()
        .into_owned()
}

fn check(status: i32) {
    assert!(status == 0, "{}", text(unsafe { srnn_last_error() }));
}

fn constant(name: &str) -> i64 {
    let name = CString::new(name).unwrap();
    let mut value = 0;
    check(unsafe { srnn_constant_value(&mut value, name.as_ptr()) });
    value
}

/// A handle from a function whose first argument receives it.
fn create(function: impl FnOnce(*mut Handle) -> i32) -> Handle {
    let mut handle = null_mut();
    check(function(&mut handle));
    handle
}

/// The same numbers in every consumer: see make_expected.py.
fn numbers(count: i64, p: i64) -> Vec<f32> {
    (0..count)
        .map(|i| ((p * 7 + i * 3) % 11 - 5) as f32 / 16.0)
        .collect()
}

/// The tensor borrows data, which must outlive it.
fn wrap(data: &mut [f32], shape: &[i64]) -> Handle {
    assert!(data.len() as i64 == shape.iter().product::<i64>());
    let dtype = constant("SRNN_DTYPE_FLOAT32") as i32;
    create(|out| unsafe {
        srnn_tensor_wrap(
            out,
            data.as_mut_ptr(),
            dtype,
            shape.len() as i32,
            shape.as_ptr(),
            null(),
        )
    })
}

fn shape_of(rnn: Handle, index: i64) -> Vec<i64> {
    // SAFETY: a parameter has rank sizes, which last as long as the rnn.
    unsafe {
        std::slice::from_raw_parts(
            srnn_rnn_parameter_shape(rnn, index),
            srnn_rnn_parameter_rank(rnn, index) as usize,
        )
    }
    .to_vec()
}

fn set_parameters(rnn: Handle) {
    let count = unsafe { srnn_rnn_parameter_count(rnn) };
    let shapes: Vec<_> = (0..count).map(|p| shape_of(rnn, p)).collect();
    let mut values: Vec<_> = (0..count)
        .zip(&shapes)
        .map(|(p, shape)| numbers(shape.iter().product(), p))
        .collect();
    let tensors: Vec<_> = values
        .iter_mut()
        .zip(&shapes)
        .map(|(data, shape)| wrap(data, shape))
        .collect();
    check(unsafe { srnn_rnn_set_parameters(rnn, tensors.as_ptr(), count) });
    for tensor in tensors {
        unsafe { srnn_tensor_destroy(tensor) };
    }
}

/// The context keeps its rnn alive, and follows when parameters are set.
fn create_context(direction: &str) -> Handle {
    let config = create(|out| unsafe { srnn_config_create(out) });
    for (name, value) in [
        ("SRNN_OPTION_NUM_LAYERS", L),
        ("SRNN_OPTION_DIRECTION", constant(direction)),
    ] {
        let option = constant(name) as i32;
        check(unsafe { srnn_config_set_int(config, option, value) });
    }
    let rnn = create(|out| unsafe { srnn_rnn_create(out, I, H, config, 0) });
    let context = create(|out| unsafe { srnn_context_create(out, rnn) });
    set_parameters(rnn);
    unsafe { srnn_config_destroy(config) };
    unsafe { srnn_rnn_destroy(rnn) };
    context
}

/// Output, then h_n.
fn forward(x: &[f32]) -> Vec<f32> {
    let context = create_context("SRNN_DIRECTION_BIDIRECTIONAL");
    let h0 = numbers(L * D * B * H, 17);
    let mut output = vec![0.0; (T * B * D * H) as usize];
    let mut h_n = vec![0.0; h0.len()];
    check(unsafe {
        srnn_context_forward_contiguous(
            context,
            T,
            B,
            x.as_ptr(),
            h0.as_ptr(),
            output.as_mut_ptr(),
            h_n.as_mut_ptr(),
        )
    });
    unsafe { srnn_context_destroy(context) };
    output.extend(h_n);
    output
}

fn steps(x: &[f32]) -> Vec<f32> {
    let context = create_context("SRNN_DIRECTION_FORWARD");
    let stream = create(|out| unsafe { srnn_stream_create(out, context, B) });
    unsafe { srnn_context_destroy(context) };
    let mut output = vec![0.0; (T * B * H) as usize];
    for (input, states) in x
        .chunks((B * I) as usize)
        .zip(output.chunks_mut((B * H) as usize))
    {
        check(unsafe {
            srnn_stream_step(stream, input.as_ptr(), states.as_mut_ptr())
        });
    }
    unsafe { srnn_stream_destroy(stream) };
    output
}

fn main() {
    let file = std::env::args().nth(1).expect("usage: main expected.txt");
    let expected: Vec<f64> = std::fs::read_to_string(file)
        .unwrap()
        .lines()
        .map(|line| line.parse().unwrap())
        .collect();
    let x = numbers(T * B * I, 16);
    let mut got = forward(&x);
    got.extend(steps(&x));
    assert_eq!(got.len(), expected.len());
    let wrong = got
        .iter()
        .zip(&expected)
        .filter(|(g, e)| !((f64::from(**g) - **e).abs() <= 1e-6))
        .count();
    let version = text(unsafe { srnn_version() });
    println!("Rust, simplernn {version}: {wrong} values wrong");
    std::process::exit((wrong != 0) as i32);
}
