// SPDX-License-Identifier: MIT
//! Results of torch, read and computed through the crate alone: every case of
//! tests/golden/golden.safetensors, in both types.

use simplernn::{
    Context, Direction, Nonlinearity, Options, Rnn, Stream, View, ViewMut,
    Weights,
};
use std::collections::HashMap;

mod support;
use support::{pattern, Number};

const GOLDEN: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../../tests/golden/golden.safetensors"
);

/// The options of a case, as the metadata has them.
struct Case<'a> {
    name: &'a str,
    options: HashMap<&'a str, &'a str>,
}

impl<'a> Case<'a> {
    fn read(weights: &'a Weights<'_>, name: &'a str) -> Self {
        let text = weights.metadata(name).unwrap();
        let options = text.split(' ').map(|item| {
            let (key, value) = item.split_once('=').unwrap();
            (key, value)
        });
        Case {
            name,
            options: options.collect(),
        }
    }

    fn number(&self, key: &str) -> usize {
        self.options[key].parse().unwrap()
    }

    fn options(&self) -> Options {
        let nonlinearity = match self.options["act"] {
            "tanh" => Nonlinearity::Tanh,
            "relu" => Nonlinearity::Relu,
            "sigmoid" => Nonlinearity::Sigmoid,
            "identity" => Nonlinearity::Identity,
            other => panic!("{}", other),
        };
        let direction = match self.number("D") {
            1 => Direction::Forward,
            _ => Direction::Bidirectional,
        };
        Options::new()
            .num_layers(self.number("L"))
            .direction(direction)
            .nonlinearity(nonlinearity)
            .bias(self.number("bias") == 1)
            .batch_first(self.options["layout"] == "batch")
    }

    fn rnn<T: Number>(&self) -> Rnn<T> {
        let hidden = self.number("H");
        let rnn = Rnn::new(self.number("I"), hidden, &self.options(), 0);
        let rnn: Rnn<T> = rnn.unwrap();
        let scale = 0.5_f64.powf(((hidden as f64).log2() / 2.0).round());
        for name in rnn.parameter_names() {
            let shape = rnn.parameter_shape(name).unwrap();
            let full = format!("{}.{}", self.name, name);
            let values: Vec<T> = pattern(&full, shape.iter().product(), scale);
            let view = View::new(&values, &shape).unwrap();
            rnn.set_parameter(name, &view).unwrap();
        }
        rnn
    }

    /// Output and h_n.
    fn run<T: Number>(&self) -> (Vec<T>, Vec<T>) {
        let rnn = self.rnn::<T>();
        let (steps, batch) = (self.number("T"), self.number("B"));
        let is_single = self.options["layout"] == "single";
        let shape_of = |shape: [usize; 3]| match is_single {
            true => vec![shape[0], shape[2]],
            false => shape.to_vec(),
        };
        let input_shape = shape_of(rnn.input_shape(steps, batch));
        let states_shape = shape_of(rnn.hidden_shape(batch));
        let output_shape = shape_of(rnn.output_shape(steps, batch));
        let make = |name, shape: &[usize]| {
            let full = format!("{}.{}", self.name, name);
            pattern::<T>(&full, shape.iter().product(), 1.0)
        };
        let (x, h) = (make("input", &input_shape), make("h0", &states_shape));
        let mut y = vec![T::default(); output_shape.iter().product()];
        let mut h_n = h.clone();
        let h0 = View::new(&h, &states_shape).unwrap();
        Context::new(&rnn)
            .unwrap()
            .forward(
                &View::new(&x, &input_shape).unwrap(),
                Some(&h0).filter(|_| self.number("h0") == 1),
                Some(&mut ViewMut::new(&mut y, &output_shape).unwrap()),
                Some(&mut ViewMut::new(&mut h_n, &states_shape).unwrap()),
            )
            .unwrap();
        (y, h_n)
    }
}

fn compare<T: Number>(bound: f64) {
    let weights = Weights::open(GOLDEN).unwrap();
    let names = weights
        .metadata_keys()
        .filter(|key| key.starts_with("case"));
    let mut count = 0;
    for name in names {
        let (output, h_n) = Case::read(&weights, name).run::<T>();
        for (got, result) in [(output, "output"), (h_n, "h_n")] {
            let name = format!("{}.{}", name, result);
            let tensor = weights.read(&name).unwrap();
            let expected = tensor.data::<f64>().unwrap();
            assert_eq!(got.len(), expected.len(), "{}", name);
            for (&got, &value) in got.iter().zip(expected) {
                let error = (got.into() - value).abs() / value.abs().max(1.0);
                assert!(error <= bound, "{}: {}", name, error);
            }
        }
        count += 1;
    }
    assert_eq!(count, 288);
}

#[test]
fn f32_has_the_values_of_torch() {
    compare::<f32>(1e-6);
}

#[test]
fn f64_has_the_values_of_torch() {
    compare::<f64>(1e-13);
}

#[test]
fn a_seed_gives_the_weights_of_torch() {
    let weights = Weights::open(GOLDEN).unwrap();
    let case = Case::read(&weights, "init0");
    let seed = case.number("seed") as u64;
    let direction = match case.number("D") {
        1 => Direction::Forward,
        _ => Direction::Bidirectional,
    };
    let options = Options::new()
        .num_layers(case.number("L"))
        .direction(direction)
        .bias(case.number("bias") == 1);
    let rnn =
        Rnn::<f32>::new(case.number("I"), case.number("H"), &options, seed)
            .unwrap();
    for name in rnn.parameter_names() {
        let tensor = weights.read(&format!("init0.{}", name)).unwrap();
        assert_eq!(rnn.parameter(name).unwrap(), tensor.data::<f32>().unwrap());
    }
}

#[test]
fn steps_and_blocks_have_the_bits_of_one_forward() {
    const T: usize = 6;
    const B: usize = 2;
    const I: usize = 3;
    const H: usize = 5;
    let rnn = Rnn::<f32>::new(I, H, &Options::new().num_layers(2), 7).unwrap();
    let x: Vec<f32> = pattern("x", T * B * I, 1.0);
    let mut context = Context::new(&rnn).unwrap();
    let mut whole = [0.0; T * B * H];
    context
        .forward_contiguous(T, B, &x, None, Some(&mut whole), None)
        .unwrap();

    let mut stream = Stream::new(&context, B).unwrap();
    let mut steps = [0.0; T * B * H];
    for (x, y) in x.chunks(B * I).zip(steps.chunks_mut(B * H)) {
        stream.step(x, y).unwrap();
    }
    assert_eq!(whole, steps);

    stream.reset(None, None).unwrap();
    let mut blocks = [0.0; T * B * H];
    for (x, y) in x.chunks(2 * B * I).zip(blocks.chunks_mut(2 * B * H)) {
        let input = View::new(x, &[2, B, I]).unwrap();
        let mut output = ViewMut::new(y, &[2, B, H]).unwrap();
        stream
            .advance(&mut context, &input, None, None, Some(&mut output))
            .unwrap();
    }
    assert_eq!(whole, blocks);
}

#[test]
fn an_episode_in_a_stream_begins_from_fresh() {
    let rnn = Rnn::<f64>::new(1, 2, &Options::new(), 7).unwrap();
    let mut context = Context::new(&rnn).unwrap();
    let mut stream = Stream::new(&context, 1).unwrap();
    let (x, fresh) = ([0.1, 0.2, 0.3], [0.4, 0.5]);
    let mut y = [0.0; 3 * 2];
    stream
        .advance(
            &mut context,
            &View::new(&x, &[3, 1, 1]).unwrap(),
            Some(&View::new(&[0, 0, 1], &[3, 1]).unwrap()),
            Some(&View::new(&fresh, &[1, 1, 2]).unwrap()),
            Some(&mut ViewMut::new(&mut y, &[3, 1, 2]).unwrap()),
        )
        .unwrap();
    let mut alone = [0.0; 2];
    stream.reset(Some(&[true]), Some(&fresh)).unwrap();
    stream.step(&x[2..], &mut alone).unwrap();
    assert_eq!(y[4..], alone);
}

/// Batch first by strides, and windows that overlap.
#[test]
fn strides_have_the_bits_of_a_copy() {
    let rnn = Rnn::<f32>::new(4, 3, &Options::new(), 7).unwrap();
    let signal: Vec<f32> = pattern("signal", 2 * 10, 1.0);
    let windows = View::strided(&signal, 0, &[7, 2, 4], &[1, 10, 1]).unwrap();
    let mut y = [0.0; 2 * 7 * 3];
    let mut output =
        ViewMut::strided(&mut y, 0, &[7, 2, 3], &[3, 7 * 3, 1]).unwrap();
    let mut context = Context::new(&rnn).unwrap();
    context
        .forward(&windows, None, Some(&mut output), None)
        .unwrap();
    for row in 0..2 {
        let copy: Vec<f32> = (0..7)
            .flat_map(|t| signal[row * 10 + t..][..4].to_vec())
            .collect();
        let mut alone = [0.0; 7 * 3];
        context
            .forward_contiguous(7, 1, &copy, None, Some(&mut alone), None)
            .unwrap();
        assert_eq!(output.data()[row * 7 * 3..][..7 * 3], alone);
    }
}

#[test]
fn no_steps_give_the_states_that_they_got() {
    let rnn = Rnn::<f32>::new(3, 4, &Options::new(), 7).unwrap();
    let (h0, mut h_n) = ([0.5; 2 * 4], [0.0; 2 * 4]);
    let y = Some(&mut [][..]);
    Context::new(&rnn)
        .unwrap()
        .forward_contiguous(0, 2, &[], Some(&h0), y, Some(&mut h_n))
        .unwrap();
    assert_eq!(h_n, h0);
}
