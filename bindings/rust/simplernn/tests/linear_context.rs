// SPDX-License-Identifier: MIT
//! A linear layer uses the context that it gets. This test is alone in its
//! process, because it changes the environment.

use simplernn::{
    Accumulation, Context, ErrorKind, Linear, Options, Rnn, View, ViewMut,
};
use std::env;

#[test]
fn only_calls_without_a_context_read_the_environment() {
    let linear = Linear::<f32>::new(1, 1, true, 1).unwrap();
    let rnn = Rnn::<f32>::new(1, 1, &Options::new(), 1).unwrap();
    let mut context = Context::new(&rnn).unwrap();
    let x = View::new(&[0.5], &[1]).unwrap();
    let run = |context: Option<&mut Context<f32>>| {
        let mut y = [0.0];
        linear.forward(context, &x, &mut ViewMut::new(&mut y, &[1])?)
    };
    let set = Accumulation::Set;
    env::set_var("SIMPLERNN_ISA", "abacus");
    let error = run(None).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Environment);
    run(Some(&mut context)).unwrap();
    let error = linear.backward(None, &x, &x, set, None, None).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Environment);
    linear
        .backward(Some(&mut context), &x, &x, set, None, None)
        .unwrap();
}
