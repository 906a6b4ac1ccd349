// SPDX-License-Identifier: MIT
//! Gradients against differences of the loss, and a step of training.

use simplernn::{
    Accumulation, Backward, Context, Direction, Gradients, Nonlinearity,
    Options, Rnn, Sequences, Tape, View, ViewMut,
};

mod support;
use support::pattern;

const T: usize = 4;
const B: usize = 2;
const I: usize = 3;
const H: usize = 2;
const L: usize = 2;
const D: usize = 2;
const LENGTHS: [i64; B] = [4, 3];
const RESETS: [u8; T * B] = [0, 0, 0, 1, 1, 0, 0, 0];

/// What the loss depends on.
#[derive(Clone)]
struct Point {
    parameters: Vec<f64>,
    x: Vec<f64>,
    h0: Vec<f64>,
    fresh: Vec<f64>,
}

struct Network {
    rnn: Rnn<f64>,
    context: Context<f64>,
    tape: Tape<f64>,
}

/// The loss is the product of the results with these numbers.
fn d_output() -> Vec<f64> {
    pattern("d_output", T * B * D * H, 1.0)
}

fn d_h_n() -> Vec<f64> {
    pattern("d_h_n", L * D * B * H, 1.0)
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn make() -> (Network, Point) {
    let options = Options::new()
        .num_layers(L)
        .direction(Direction::Bidirectional)
        .nonlinearity(Nonlinearity::Tanh);
    let rnn = Rnn::<f64>::new(I, H, &options, 3).unwrap();
    let point = Point {
        parameters: rnn.flat().unwrap(),
        x: pattern("x", T * B * I, 1.0),
        h0: pattern("h0", L * D * B * H, 1.0),
        fresh: pattern("fresh", L * D * B * H, 1.0),
    };
    let network = Network {
        context: Context::new(&rnn).unwrap(),
        tape: Tape::new(&rnn).unwrap(),
        rnn,
    };
    (network, point)
}

impl Network {
    /// Records the call, and returns the loss.
    fn loss(&mut self, point: &Point) -> f64 {
        self.rnn.set_flat(&point.parameters).unwrap();
        let states = [L * D, B, H];
        let mut y = vec![0.0; T * B * D * H];
        let mut h_n = vec![0.0; L * D * B * H];
        let input = View::new(&point.x, &[T, B, I]).unwrap();
        self.context
            .record(
                &mut self.tape,
                &Sequences {
                    lengths: Some(&View::new(&LENGTHS, &[B]).unwrap()),
                    resets: Some(&View::new(&RESETS, &[T, B]).unwrap()),
                    h0: Some(&View::new(&point.h0, &states).unwrap()),
                    fresh: Some(&View::new(&point.fresh, &states).unwrap()),
                    ..Sequences::new(&input)
                },
                Some(&mut ViewMut::new(&mut y, &[T, B, D * H]).unwrap()),
                Some(&mut ViewMut::new(&mut h_n, &states).unwrap()),
            )
            .unwrap();
        dot(&y, &d_output()) + dot(&h_n, &d_h_n())
    }

    /// The gradients of the last recording.
    fn backward(&mut self, x: &[f64], gradients: &mut Gradients<f64>) -> Point {
        let states = [L * D, B, H];
        let (d_output, d_h_n) = (d_output(), d_h_n());
        let mut d_x = vec![0.0; T * B * I];
        let mut d_h0 = vec![0.0; L * D * B * H];
        let mut d_fresh = d_h0.clone();
        self.context
            .backward(
                &self.tape,
                &View::new(x, &[T, B, I]).unwrap(),
                Backward {
                    d_output: Some(
                        &View::new(&d_output, &[T, B, D * H]).unwrap(),
                    ),
                    d_h_n: Some(&View::new(&d_h_n, &states).unwrap()),
                    accumulation: Accumulation::Set,
                    gradients: Some(gradients),
                    d_input: Some(
                        &mut ViewMut::new(&mut d_x, &[T, B, I]).unwrap(),
                    ),
                    d_h0: Some(&mut ViewMut::new(&mut d_h0, &states).unwrap()),
                    d_fresh: Some(
                        &mut ViewMut::new(&mut d_fresh, &states).unwrap(),
                    ),
                },
            )
            .unwrap();
        Point {
            parameters: gradients.flat().to_vec(),
            x: d_x,
            h0: d_h0,
            fresh: d_fresh,
        }
    }
}

/// Compares a gradient with the difference of the loss, element by element.
fn compare(
    network: &mut Network,
    point: &Point,
    gradient: &[f64],
    part: impl Fn(&mut Point) -> &mut Vec<f64>,
) {
    let h = 1e-5;
    for (i, &gradient) in gradient.iter().enumerate() {
        let mut loss_at = |step: f64| {
            let mut moved = point.clone();
            part(&mut moved)[i] += step;
            network.loss(&moved)
        };
        let difference = (loss_at(h) - loss_at(-h)) / (2.0 * h);
        let error = (gradient - difference).abs();
        assert!(error < 1e-9, "{}: {} or {}", i, gradient, difference);
    }
}

#[test]
fn gradients_are_the_differences_of_the_loss() {
    let (mut network, point) = make();
    let mut gradients = Gradients::new(&network.rnn).unwrap();
    network.loss(&point);
    let found = network.backward(&point.x, &mut gradients);
    compare(&mut network, &point, &found.parameters, |p| {
        &mut p.parameters
    });
    compare(&mut network, &point, &found.x, |p| &mut p.x);
    compare(&mut network, &point, &found.h0, |p| &mut p.h0);
    compare(&mut network, &point, &found.fresh, |p| &mut p.fresh);
    assert!(found.fresh.iter().any(|&gradient| gradient != 0.0));
}

#[test]
fn gradients_are_set_or_added() {
    let (mut network, point) = make();
    let mut gradients = Gradients::new(&network.rnn).unwrap();
    network.loss(&point);
    let once = network.backward(&point.x, &mut gradients).parameters;
    let input = View::new(&point.x, &[T, B, I]).unwrap();
    let d_output = d_output();
    let d_output = View::new(&d_output, &[T, B, D * H]).unwrap();
    let mut only_output = Gradients::new(&network.rnn).unwrap();
    for (accumulation, gradients) in [
        (Accumulation::Set, &mut only_output),
        (Accumulation::Add, &mut gradients),
    ] {
        let arguments = Backward {
            d_output: Some(&d_output),
            accumulation,
            gradients: Some(gradients),
            ..Backward::default()
        };
        network
            .context
            .backward(&network.tape, &input, arguments)
            .unwrap();
    }
    let sums = once.iter().zip(only_output.flat()).map(|(a, b)| a + b);
    for (sum, got) in sums.zip(gradients.flat()) {
        assert!((sum - got).abs() < 1e-12, "{} or {}", sum, got);
    }
}

#[test]
fn a_frozen_parameter_has_no_gradient() {
    let (mut network, point) = make();
    let mut gradients = Gradients::new(&network.rnn).unwrap();
    gradients.set_trained("weight_hh_l1", false).unwrap();
    network.loss(&point);
    network.backward(&point.x, &mut gradients);
    let is_zero = |name| {
        let gradient = gradients.parameter(name).unwrap();
        gradient.iter().all(|&value| value == 0.0)
    };
    assert!(is_zero("weight_hh_l1"));
    assert!(!is_zero("weight_hh_l0"));
    assert!(gradients.parameter("weight_hh_l2").is_none());
}

#[test]
fn steps_of_training_lower_the_loss() {
    let (mut network, mut point) = make();
    let mut gradients = Gradients::new(&network.rnn).unwrap();
    let before = network.loss(&point);
    for _ in 0..20 {
        network.backward(&point.x, &mut gradients);
        Gradients::clip_norm(&mut [&mut gradients], 1.0).unwrap();
        for (p, gradient) in point.parameters.iter_mut().zip(gradients.flat()) {
            *p -= 0.1 * gradient;
        }
        network.loss(&point);
    }
    assert!(network.loss(&point) < before - 1.0);
}

#[test]
fn gradients_are_scaled_and_clipped() {
    let (network, _) = make();
    let mut gradients = Gradients::new(&network.rnn).unwrap();
    gradients.flat_mut()[..2].copy_from_slice(&[3.0, -4.0]);
    Gradients::scale(&mut [&mut gradients], 2.0).unwrap();
    assert_eq!(gradients.flat()[..2], [6.0, -8.0]);
    Gradients::clip_value(&mut [&mut gradients], 7.0).unwrap();
    assert_eq!(gradients.flat()[..2], [6.0, -7.0]);
    assert!(network.context.tape_size(&network.tape, T, B).unwrap() > 0);
}

#[test]
fn all_parameters_are_written_at_once() {
    let rnn = Rnn::<f64>::new(I, H, &Options::new(), 3).unwrap();
    let values: Vec<f64> =
        (0..H * I + H * H + 2 * H).map(|i| i as f64).collect();
    let (weight_ih, rest) = values.split_at(H * I);
    let (weight_hh, rest) = rest.split_at(H * H);
    let (bias_ih, bias_hh) = rest.split_at(H);
    rnn.set_parameters(&[
        &View::new(weight_ih, &[H, I]).unwrap(),
        &View::new(weight_hh, &[H, H]).unwrap(),
        &View::new(bias_ih, &[H]).unwrap(),
        &View::new(bias_hh, &[H]).unwrap(),
    ])
    .unwrap();
    assert_eq!(rnn.flat().unwrap(), values);
}
