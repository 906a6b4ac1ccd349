// SPDX-License-Identifier: MIT
//! Linear layers, losses and optimizers.

use simplernn::{
    Accumulation, Context, ErrorKind, Gradients, Initialisation, Linear, Loss,
    Optimizer, OptimizerKind, OptimizerOption, Options, Result, Rnn, View,
    ViewMut, IGNORE_INDEX,
};

mod support;
use support::pattern;

#[track_caller]
fn expect<T: std::fmt::Debug>(kind: ErrorKind, result: Result<T>) {
    let error = result.unwrap_err();
    assert_eq!(error.kind(), kind, "{}", error);
    assert!(!error.to_string().is_empty());
}

#[test]
fn a_linear_layer_has_the_values_of_pytorch() {
    // torch.manual_seed(1); torch.nn.Linear(3, 2)
    let linear = Linear::<f32>::new(3, 2, true, 1).unwrap();
    assert_eq!(
        linear.parameter("weight").unwrap(),
        [
            0.29748735,
            -0.25482982,
            -0.11192598,
            0.27099028,
            -0.5435388,
            0.34624693
        ]
    );
    let bias = linear.parameter("bias").unwrap();
    assert_eq!(bias, [-0.11877556, 0.2937234]);
    assert_eq!((linear.in_features(), linear.out_features()), (3, 2));
    assert!(linear.bias());
    assert_eq!(linear.flat_size(), 8);
    let plain = Linear::<f64>::new(3, 2, false, 1).unwrap();
    assert!(!plain.bias());
    assert_eq!(plain.flat_size(), 6);
    expect(ErrorKind::NotFound, plain.parameter("bias"));
    expect(ErrorKind::Range, Linear::<f32>::new(0, 2, true, 1));
}

#[test]
fn parameters_of_a_linear_layer_are_read_and_written() {
    let linear = Linear::<f32>::new(3, 2, true, 1).unwrap();
    let same = linear.clone();
    let values: Vec<f32> = pattern("values", 8, 1.0);
    linear.set_flat(&values).unwrap();
    assert_eq!(same.flat().unwrap(), values);
    assert_eq!(linear.parameter("weight").unwrap(), values[..6]);
    let bias = View::new(&[5.0, 6.0], &[2]).unwrap();
    linear.set_parameter("bias", &bias).unwrap();
    assert_eq!(same.parameter("bias").unwrap(), [5.0, 6.0]);
    let kind = Initialisation::Uniform;
    linear.initialise("bias", kind, 2.0, 7).unwrap();
    let bias = linear.parameter("bias").unwrap();
    assert!(bias.iter().all(|value| value.abs() < 2.0));
    linear.initialise("bias", kind, 2.0, 8).unwrap();
    assert_ne!(linear.parameter("bias").unwrap(), bias);

    expect(ErrorKind::Shape, linear.set_flat(&[0.0; 7]));
    expect(ErrorKind::Shape, linear.get_flat(&mut [0.0; 9]));
    let wide = View::new(&[0.0; 2], &[1, 2]).unwrap();
    expect(ErrorKind::Shape, linear.set_parameter("bias", &wide));
    let orthogonal = Initialisation::Orthogonal;
    expect(
        ErrorKind::Shape,
        linear.initialise("bias", orthogonal, 1.0, 0),
    );
    expect(
        ErrorKind::Range,
        linear.initialise("weight", orthogonal, -1.0, 0),
    );
}

#[test]
fn a_network_gets_orthogonal_weights() {
    let rnn = Rnn::<f64>::new(1, 2, &Options::new(), 1).unwrap();
    let kind = Initialisation::Orthogonal;
    rnn.initialise("weight_hh_l0", kind, 3.0, 5).unwrap();
    let w = rnn.parameter("weight_hh_l0").unwrap();
    assert!((w[0] * w[2] + w[1] * w[3]).abs() < 1e-14);
    assert!((w[0] * w[0] + w[1] * w[1] - 9.0).abs() < 1e-14);
    expect(ErrorKind::NotFound, rnn.initialise("weight", kind, 1.0, 0));
}

#[test]
fn a_linear_layer_and_its_gradients_are_sums_of_products() {
    let linear = Linear::<f64>::new(2, 1, true, 1).unwrap();
    linear.set_flat(&[2.0, 3.0, 4.0]).unwrap();
    let rnn = Rnn::<f64>::new(1, 1, &Options::new(), 1).unwrap();
    let mut helper = Context::new(&rnn).unwrap();
    let input = View::new(&[1.0, 10.0, 100.0, 1000.0], &[2, 1, 2]).unwrap();
    let d_output = View::new(&[1.0, -1.0], &[2, 1, 1]).unwrap();
    let mut gradients = Gradients::of_linear(&linear).unwrap();
    for with_context in [false, true] {
        let (mut y, mut d_x) = ([0.0; 2], [0.0; 4]);
        let mut output = ViewMut::new(&mut y, &[2, 1, 1]).unwrap();
        let mut d_input = ViewMut::new(&mut d_x, &[2, 1, 2]).unwrap();
        linear
            .forward(
                Some(&mut helper).filter(|_| with_context),
                &input,
                &mut output,
            )
            .unwrap();
        linear
            .backward(
                Some(&mut helper).filter(|_| with_context),
                &input,
                &d_output,
                Accumulation::Set,
                Some(&mut gradients),
                Some(&mut d_input),
            )
            .unwrap();
        assert_eq!(y, [36.0, 3204.0]);
        assert_eq!(d_x, [2.0, 3.0, -2.0, -3.0]);
        assert_eq!(gradients.flat(), [-99.0, -990.0, 0.0]);
    }
    let context = Some(&mut helper);
    let add = Accumulation::Add;
    let all = Some(&mut gradients);
    linear
        .backward(context, &input, &d_output, add, all, None)
        .unwrap();
    assert_eq!(gradients.parameter("weight").unwrap(), [-198.0, -1980.0]);

    let set = Accumulation::Set;
    let other = Linear::<f64>::new(2, 1, true, 1).unwrap();
    expect(
        ErrorKind::Invalid,
        other.backward(
            None,
            &input,
            &d_output,
            set,
            Some(&mut gradients),
            None,
        ),
    );
    let mut y = [0.0; 2];
    let mut output = ViewMut::new(&mut y, &[2]).unwrap();
    expect(ErrorKind::Shape, linear.forward(None, &input, &mut output));
}

#[test]
fn losses_are_sums_with_a_divisor() {
    let logits = View::new(&[0.0, 0.0, 3.0, 4.0], &[2, 2]).unwrap();
    let targets = View::new(&[1, IGNORE_INDEX], &[2]).unwrap();
    let mut d = [9.0; 4];
    let mut gradient = ViewMut::new(&mut d, &[2, 2]).unwrap();
    let d_logits = Some(&mut gradient);
    let loss = Loss::cross_entropy(d_logits, &logits, &targets, 4.0).unwrap();
    assert_eq!(loss.count, 1);
    assert!((loss.mean() - 2.0_f64.ln()).abs() < 1e-15);
    assert_eq!(d, [0.125, -0.125, 0.0, 0.0]);

    let target = View::new(&[0.0, 0.0, 0.0, 2.0], &[2, 2]).unwrap();
    let mut gradient = ViewMut::new(&mut d, &[2, 2]).unwrap();
    let d_output = Some(&mut gradient);
    let loss =
        Loss::squared_error(d_output, &logits, &target, None, 2.0).unwrap();
    assert_eq!((loss.sum, loss.count), (13.0, 4));
    assert_eq!(d, [0.0, 0.0, 3.0, 2.0]);
    let nothing = View::new(&[0, 0], &[2]).unwrap();
    let loss = Loss::squared_error(None, &logits, &target, Some(&nothing), 0.0)
        .unwrap();
    assert!(loss.mean().is_nan());

    let wrong = View::new(&[2, 0], &[2]).unwrap();
    expect(
        ErrorKind::Range,
        Loss::cross_entropy(None, &logits, &wrong, 0.0),
    );
    expect(
        ErrorKind::Range,
        Loss::squared_error(None, &logits, &target, None, -1.0),
    );
}

/// A learned tensor whose gradients have one value.
fn parameter(gradient: f64) -> Gradients<f64> {
    let mut gradients = Gradients::of_tensor(&[8.0, 8.0], &[2], "p").unwrap();
    gradients.flat_mut().fill(gradient);
    gradients
}

#[test]
fn a_step_updates_all_parameters_with_their_options() {
    let (mut first, mut second) = (parameter(1.0), parameter(2.0));
    let mut optimizer = Optimizer::new(OptimizerKind::Sgd).unwrap();
    let rate = OptimizerOption::LearningRate;
    optimizer.set_real(None, rate, 0.5).unwrap();
    optimizer.add(&first, "first.").unwrap();
    optimizer.add(&second, "second.").unwrap();
    optimizer.set_real(Some(&second), rate, 2.0).unwrap();
    assert_eq!(optimizer.get_real(None, rate).unwrap(), 0.5);
    assert_eq!(optimizer.get_real(Some(&second), rate).unwrap(), 2.0);
    // In any order.
    optimizer.step(&mut [&mut second, &mut first]).unwrap();
    assert_eq!(first.value().unwrap(), [7.5, 7.5]);
    assert_eq!(second.value().unwrap(), [4.0, 4.0]);
    first.set_trained("p", false).unwrap();
    second.value_mut().unwrap()[0] = 1.0;
    optimizer.step(&mut [&mut first, &mut second]).unwrap();
    assert_eq!(first.value().unwrap(), [7.5, 7.5]);
    assert_eq!(second.value().unwrap(), [-3.0, 0.0]);
    let steps = OptimizerOption::Steps;
    assert_eq!(optimizer.get_int(None, steps).unwrap(), 2);

    second.flat_mut()[1] = f64::NAN;
    expect(
        ErrorKind::NotFinite,
        optimizer.step(&mut [&mut first, &mut second]),
    );
    optimizer
        .set_int(None, OptimizerOption::CheckFinite, false)
        .unwrap();
    optimizer.step(&mut [&mut first, &mut second]).unwrap();
    assert!(second.value().unwrap()[1].is_nan());
    expect(ErrorKind::State, optimizer.add(&parameter(1.0), "third."));
}

#[test]
fn a_call_gets_exactly_the_gradients_of_the_optimizer() {
    let (mut a, mut b, mut other) =
        (parameter(1.0), parameter(1.0), parameter(1.0));
    let mut optimizer = Optimizer::new(OptimizerKind::Adam).unwrap();
    expect(ErrorKind::State, optimizer.step(&mut []));
    optimizer.add(&a, "a.").unwrap();
    optimizer.add(&b, "b.").unwrap();
    let error = optimizer.step(&mut [&mut a]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the list has 1 gradients; it needs exactly the 2 that were added to \
         the optimizer"
    );
    let invalid = ErrorKind::Invalid;
    expect(invalid, optimizer.step(&mut []));
    expect(invalid, optimizer.step(&mut [&mut a, &mut other]));
    expect(invalid, optimizer.step(&mut [&mut a, &mut b, &mut other]));
    // What the optimizer keeps alive cannot be used without its gradients.
    drop(a);
    expect(invalid, optimizer.step(&mut [&mut b]));
    expect(invalid, optimizer.step(&mut [&mut b, &mut other]));
}

#[test]
fn an_optimizer_keeps_networks_and_layers_alive() {
    let mut optimizer = Optimizer::new(OptimizerKind::AdamW).unwrap();
    let mut all = {
        let rnn = Rnn::<f32>::new(1, 1, &Options::new(), 1).unwrap();
        let linear = Linear::new(1, 1, true, 1).unwrap();
        [
            Gradients::new(&rnn).unwrap(),
            Gradients::of_linear(&linear).unwrap(),
        ]
    };
    optimizer.add(&all[0], "rnn.").unwrap();
    optimizer.add(&all[1], "fc.").unwrap();
    assert!(all[0].rnn().is_some() && all[0].linear().is_none());
    assert!(all[1].rnn().is_none() && all[1].linear().is_some());
    assert!(all[0].value().is_none() && all[1].value_mut().is_none());
    let [first, second] = &mut all;
    let before = first.rnn().unwrap().flat().unwrap();
    optimizer.step(&mut [first, second]).unwrap(); // weight decay
    assert_ne!(first.rnn().unwrap().flat().unwrap(), before);
    drop(all);
    assert_eq!(optimizer.kind(), Some(OptimizerKind::AdamW));
}

#[test]
fn options_of_an_optimizer_are_checked() {
    use OptimizerOption::*;
    let (one, foreign) = (parameter(1.0), parameter(1.0));
    let mut optimizer = Optimizer::new(OptimizerKind::Sgd).unwrap();
    optimizer.add(&one, "").unwrap();
    for (option, value) in [
        (LearningRate, 0.1),
        (WeightDecay, 0.2),
        (Momentum, 0.3),
        (Dampening, 0.4),
    ] {
        optimizer.set_real(None, option, value).unwrap();
        assert_eq!(optimizer.get_real(Some(&one), option).unwrap(), value);
    }
    optimizer.set_int(Some(&one), Nesterov, true).unwrap();
    assert_eq!(optimizer.get_int(Some(&one), Nesterov).unwrap(), 1);
    assert_eq!(optimizer.get_int(None, Nesterov).unwrap(), 0);
    let mut adam = Optimizer::<f64>::new(OptimizerKind::Adam).unwrap();
    for (option, value) in [(Beta1, 0.1), (Beta2, 0.2), (Epsilon, 0.3)] {
        adam.set_real(None, option, value).unwrap();
        assert_eq!(adam.get_real(None, option).unwrap(), value);
    }
    let mut rmsprop = Optimizer::<f64>::new(OptimizerKind::RmsProp).unwrap();
    rmsprop.set_real(None, Alpha, 0.5).unwrap();
    rmsprop.set_int(None, Centered, 1).unwrap();
    assert_eq!(rmsprop.get_int(None, Centered).unwrap(), 1);

    let other = Some(&foreign);
    expect(ErrorKind::Range, optimizer.set_real(None, Momentum, -1.0));
    expect(ErrorKind::Invalid, optimizer.set_real(None, Beta1, 0.5));
    expect(ErrorKind::State, optimizer.set_int(None, Steps, 1));
    expect(
        ErrorKind::NotFound,
        optimizer.set_real(other, Momentum, 0.5),
    );
    expect(ErrorKind::NotFound, optimizer.get_real(other, Momentum));
    expect(ErrorKind::NotFound, optimizer.set_int(other, Nesterov, 1));
    expect(ErrorKind::NotFound, optimizer.get_int(other, Nesterov));
}

#[test]
fn a_learned_tensor_has_a_shape_and_a_name() {
    let tensor = |values: &[f32], shape: &[usize], name| {
        Gradients::of_tensor(values, shape, name)
    };
    expect(ErrorKind::Shape, tensor(&[1.0; 3], &[2], "p"));
    expect(ErrorKind::Shape, tensor(&[], &[0], "p"));
    expect(ErrorKind::Invalid, tensor(&[1.0], &[1], ""));
    expect(ErrorKind::Invalid, tensor(&[1.0], &[1], "p\0"));
    let name = "p".repeat(32);
    expect(ErrorKind::Range, Gradients::of_tensor(&[1.0], &[1], &name));
    let gradients = tensor(&[1.0, 2.0, 3.0, 4.0], &[2, 2], "p").unwrap();
    assert_eq!(gradients.value().unwrap(), [1.0, 2.0, 3.0, 4.0]);
    assert_eq!(gradients.parameter("p").unwrap(), [0.0; 4]);
    assert!(gradients.is_trained("p"));
}
