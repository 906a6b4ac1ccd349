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
    fn srnn_constant(out: *mut i64, name: *const c_char) -> i32;
    fn srnn_config_create(out: *mut Handle) -> i32;
    fn srnn_config_set_int(config: Handle, option: i32, value: i64) -> i32;
    fn srnn_config_destroy(config: Handle);
    fn srnn_rnn_create(out: *mut Handle, config: Handle, seed: u64) -> i32;
    fn srnn_rnn_destroy(rnn: Handle);
    fn srnn_rnn_parameter_count(rnn: Handle) -> i64;
    fn srnn_rnn_get_parameter_at(
        out: *mut Handle,
        rnn: Handle,
        index: i64,
    ) -> i32;
    fn srnn_rnn_set_parameter_at(rnn: Handle, index: i64, value: Handle)
        -> i32;
    fn srnn_tensor_wrap(
        out: *mut Handle,
        data: *mut f32,
        dtype: i32,
        rank: i32,
        shape: *const i64,
        strides: *const i64,
    ) -> i32;
    fn srnn_tensor_size(tensor: Handle) -> i64;
    fn srnn_tensor_data(tensor: Handle) -> *mut f32;
    fn srnn_tensor_destroy(tensor: Handle);
    fn srnn_context_create(out: *mut Handle, rnn: Handle) -> i32;
    fn srnn_context_forward(
        context: Handle,
        input: Handle,
        h0: Handle,
        output: Handle,
        h_n: Handle,
    ) -> i32;
    fn srnn_context_destroy(context: Handle);
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

fn constant(name: &str) -> i32 {
    let name = CString::new(name).unwrap();
    let mut value = 0;
    check(unsafe { srnn_constant(&mut value, name.as_ptr()) });
    value as i32
}

/// A handle from a function whose first argument receives it.
fn create(function: impl FnOnce(*mut Handle) -> i32) -> Handle {
    let mut handle = null_mut();
    check(function(&mut handle));
    handle
}

/// The same numbers in every consumer: see make_expected.py.
fn fill(data: &mut [f32], p: i64) {
    for (i, value) in data.iter_mut().enumerate() {
        *value = ((p * 7 + i as i64 * 3) % 11 - 5) as f32 / 16.0;
    }
}

/// The tensor borrows data, which must outlive it.
fn wrap(data: &mut [f32], shape: &[i64]) -> Handle {
    assert!(data.len() as i64 == shape.iter().product::<i64>());
    let dtype = constant("SRNN_DTYPE_FLOAT32");
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

fn create_rnn() -> Handle {
    let config = create(|out| unsafe { srnn_config_create(out) });
    for (name, value) in [
        ("SRNN_OPTION_INPUT_SIZE", I),
        ("SRNN_OPTION_HIDDEN_SIZE", H),
        ("SRNN_OPTION_NUM_LAYERS", L),
        ("SRNN_OPTION_BIDIRECTIONAL", 1),
    ] {
        let option = constant(name);
        check(unsafe { srnn_config_set_int(config, option, value) });
    }
    let rnn = create(|out| unsafe { srnn_rnn_create(out, config, 0) });
    unsafe { srnn_config_destroy(config) };
    rnn
}

fn fill_parameters(rnn: Handle) {
    for p in 0..unsafe { srnn_rnn_parameter_count(rnn) } {
        let tensor =
            create(|out| unsafe { srnn_rnn_get_parameter_at(out, rnn, p) });
        // SAFETY: a parameter is contiguous and has size elements.
        let data = unsafe {
            std::slice::from_raw_parts_mut(
                srnn_tensor_data(tensor),
                srnn_tensor_size(tensor) as usize,
            )
        };
        fill(data, p);
        check(unsafe { srnn_rnn_set_parameter_at(rnn, p, tensor) });
        unsafe { srnn_tensor_destroy(tensor) };
    }
}

/// Output, then h_n.
fn forward() -> Vec<f32> {
    let rnn = create_rnn();
    fill_parameters(rnn);
    let context = create(|out| unsafe { srnn_context_create(out, rnn) });
    let mut x = vec![0.0; (T * B * I) as usize];
    let mut h = vec![0.0; (L * D * B * H) as usize];
    let mut y = vec![0.0; (T * B * D * H) as usize];
    let mut last = vec![0.0; (L * D * B * H) as usize];
    fill(&mut x, 16);
    fill(&mut h, 17);
    let input = wrap(&mut x, &[T, B, I]);
    let h0 = wrap(&mut h, &[L * D, B, H]);
    let output = wrap(&mut y, &[T, B, D * H]);
    let h_n = wrap(&mut last, &[L * D, B, H]);
    check(unsafe { srnn_context_forward(context, input, h0, output, h_n) });
    for tensor in [input, h0, output, h_n] {
        unsafe { srnn_tensor_destroy(tensor) };
    }
    unsafe { srnn_context_destroy(context) };
    unsafe { srnn_rnn_destroy(rnn) };
    y.extend(last);
    y
}

fn main() {
    let file = std::env::args().nth(1).expect("usage: main expected.txt");
    let expected: Vec<f64> = std::fs::read_to_string(file)
        .unwrap()
        .lines()
        .map(|line| line.parse().unwrap())
        .collect();
    let got = forward();
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
