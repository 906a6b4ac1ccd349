// SPDX-License-Identifier: MIT
//! Every kind of error that a program can cause, and what is checked here
//! because C cannot see it.

use simplernn::{
    Backward, Cell, Context, ContextOption, Direction, ErrorKind, Gradients,
    Isa, Options, Result, Rnn, Sequences, Stream, StreamOption, Tape, View,
    ViewMut, Weights,
};

fn rnn() -> Rnn<f32> {
    Rnn::new(3, 4, &Options::new(), 1).unwrap()
}

#[track_caller]
fn expect<T: std::fmt::Debug>(kind: ErrorKind, result: Result<T>) {
    let error = result.unwrap_err();
    assert_eq!(error.kind(), kind, "{}", error);
    assert!(!error.to_string().is_empty());
}

#[test]
fn statuses_of_the_library_have_their_kinds() {
    let rnn = rnn();
    let mut context = Context::new(&rnn).unwrap();
    let x = View::new(&[0.0; 3], &[1, 1, 3]).unwrap();
    let wide = View::new(&[0.0; 4], &[1, 1, 4]).unwrap();
    let tape = Tape::new(&rnn).unwrap();
    let foreign = [0_u8; 100];
    let demanding = Options::new().input_size(5);

    expect(ErrorKind::Invalid, Rnn::<f32>::new(3, 4, &demanding, 1));
    expect(ErrorKind::Shape, context.forward(&wide, None, None, None));
    expect(
        ErrorKind::Overflow,
        Tape::new(&rnn).unwrap().size(usize::MAX, usize::MAX),
    );
    expect(ErrorKind::NotFound, rnn.parameter("weight"));
    expect(ErrorKind::Range, Stream::new(&context, 0));
    expect(
        ErrorKind::State,
        context.set_option(ContextOption::LastThreads, 1),
    );
    expect(
        ErrorKind::State,
        context.backward(&tape, &x, Backward::default()),
    );
    expect(ErrorKind::Io, Weights::open("/nowhere/model.safetensors"));
    expect(ErrorKind::Format, Weights::from_bytes(&foreign));
    let other = if Isa::Neon.is_supported() {
        Isa::Avx2
    } else {
        Isa::Neon
    };
    expect(
        ErrorKind::Unsupported,
        context.set_option(ContextOption::Isa, other),
    );
}

#[test]
fn a_dtype_of_the_file_that_is_no_number_is_a_dtype_error() {
    let header = br#"{"a":{"dtype":"I16","shape":[1],"data_offsets":[0,2]}}"#;
    let mut file = (header.len() as u64).to_le_bytes().to_vec();
    file.extend(header);
    file.extend([0, 0]);
    expect(
        ErrorKind::Dtype,
        Weights::from_bytes(&file).unwrap().read("a"),
    );
}

#[test]
fn a_recording_is_stale_after_a_write() {
    let rnn = rnn();
    let mut context = Context::new(&rnn).unwrap();
    let mut tape = Tape::new(&rnn).unwrap();
    let x = View::new(&[0.0; 3], &[1, 1, 3]).unwrap();
    context
        .record(&mut tape, &Sequences::new(&x), None, None)
        .unwrap();
    rnn.set_flat(&rnn.flat().unwrap()).unwrap();
    expect(
        ErrorKind::Stale,
        context.backward(&tape, &x, Backward::default()),
    );
}

#[test]
fn gradients_that_are_not_finite_are_an_error() {
    let mut gradients = Gradients::new(&rnn()).unwrap();
    gradients.flat_mut()[0] = f32::NAN;
    expect(ErrorKind::NotFinite, Gradients::norm(&[&gradients]));
    expect(
        ErrorKind::Invalid,
        Gradients::norm(&[&gradients, &gradients]),
    );
    expect(ErrorKind::Range, Gradients::<f32>::scale(&mut [], 1.0));
}

#[test]
fn a_cell_view_keeps_writers_out() {
    let rnn = rnn();
    let cell = Cell::of(&rnn, 0, Direction::Forward).unwrap();
    expect(ErrorKind::InUse, rnn.set_flat(&rnn.flat().unwrap()));
    let mut h = [0.0; 4];
    cell.forward(
        &View::new(&[0.0; 3], &[3]).unwrap(),
        None,
        &mut ViewMut::new(&mut h, &[4]).unwrap(),
    )
    .unwrap();
    assert_eq!((cell.input_size(), cell.hidden_size()), (3, 4));
    assert_ne!(h, [0.0; 4]);
}

#[test]
fn a_text_with_a_nul_is_invalid() {
    let rnn = rnn();
    let error = rnn.parameter("weight\0").unwrap_err();
    assert_eq!(error.to_string(), r#""weight\0" contains a NUL"#);
    expect(ErrorKind::Invalid, rnn.parameter("weight\0"));
    expect(ErrorKind::Invalid, Weights::open("a\0b"));
    expect(
        ErrorKind::Invalid,
        rnn.save_to(&mut Vec::new(), "", &[("key", "\0")]),
    );
    assert_eq!(rnn.parameter_shape("weight\0"), None);
}

#[test]
fn a_view_stays_inside_of_its_slice() {
    let shape = ErrorKind::Shape;
    let x = [0.0_f32; 12];
    expect(shape, View::new(&x, &[3, 5]));
    expect(shape, View::new(&x, &[3, 3]));
    expect(shape, View::new(&x, &[usize::MAX, usize::MAX]));
    expect(shape, View::new(&x, &[0, 3]));
    assert!(View::new(&x, &[3, 4]).is_ok());
    assert!(View::new(&x[..0], &[0, 3]).is_ok());
    assert!(View::new(&x[..1], &[]).is_ok());
    expect(
        ErrorKind::Range,
        View::new(&x, &[12, 1, 1, 1, 1, 1, 1, 1, 1]),
    );

    let strided = |offset, shape: &[usize], strides: &[isize]| {
        View::strided(&x, offset, shape, strides)
    };
    assert!(strided(0, &[3, 4], &[4, 1]).is_ok());
    assert!(strided(11, &[3, 4], &[-4, -1]).is_ok());
    assert!(strided(11, &[1000], &[0]).is_ok());
    assert!(strided(99, &[0, 4], &[4, 1]).is_ok());
    expect(shape, strided(1, &[3, 4], &[4, 1]));
    expect(shape, strided(10, &[3, 4], &[-4, -1]));
    expect(shape, strided(12, &[1], &[1]));
    expect(shape, strided(usize::MAX, &[1], &[1]));
    expect(shape, strided(0, &[3], &[isize::MIN]));
    expect(shape, strided(0, &[usize::MAX; 3], &[isize::MAX; 3]));
    expect(shape, strided(0, &[3, 4], &[4]));
}

#[test]
fn a_view_that_is_written_has_no_element_twice() {
    let mut x = [1.0_f32; 12];
    expect(
        ErrorKind::Invalid,
        ViewMut::strided(&mut x, 0, &[12], &[0]).map(|_| ()),
    );
    expect(
        ErrorKind::Shape,
        ViewMut::strided(&mut x, 5, &[3, 4], &[4, 1]).map(|_| ()),
    );
    let mut reversed = ViewMut::strided(&mut x, 11, &[12], &[-1]).unwrap();
    reversed.data_mut()[0] = 2.0;
    assert_eq!(reversed.data()[..2], [2.0, 1.0]);
    assert_eq!(reversed.data().len(), 12);
    let mut none: [f32; 0] = [];
    let mut empty = ViewMut::new(&mut none, &[0, 4]).unwrap();
    assert!(empty.data_mut().is_empty());
}

#[test]
fn slices_have_the_lengths_of_the_call() {
    let rnn = rnn();
    let mut context = Context::new(&rnn).unwrap();
    let (x, h) = ([0.0; 2 * 3], [0.0; 4]);
    let (mut short_y, mut short_h) = ([0.0; 3], [0.0; 3]);
    let shape = ErrorKind::Shape;
    let mut run = |input: &[f32], h0, output, h_n| {
        context.forward_contiguous(2, 1, input, h0, output, h_n)
    };
    run(&x, Some(&h), None, None).unwrap();
    expect(shape, run(&[], None, None, None));
    expect(shape, run(&x[1..], None, None, None));
    expect(shape, run(&x, Some(&h[1..]), None, None));
    expect(shape, run(&x, None, Some(&mut short_y), None));
    expect(shape, run(&x, None, None, Some(&mut short_h)));

    let options = Options::new().batch_first(true);
    let rnn_of_batches = Rnn::<f32>::new(3, 4, &options, 1).unwrap();
    let error = Context::new(&rnn_of_batches)
        .unwrap()
        .forward_contiguous(2, 1, &x, None, Some(&mut short_y), None)
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "output has 3 elements; the call needs \
         [batch=1, T=2, num_directions*hidden_size=4]"
    );

    let mut stream = Stream::new(&context, 2).unwrap();
    let (x, mut y) = ([0.0; 2 * 3], [0.0; 2 * 4]);
    stream.step(&x, &mut y).unwrap();
    expect(shape, stream.step(&x[1..], &mut y));
    expect(shape, stream.step(&x, &mut y[1..]));
    stream.reset(Some(&[true, false]), Some(&[1.0; 4])).unwrap();
    assert_eq!(stream.state().unwrap()[..4], [1.0; 4]);
    assert_ne!(stream.state().unwrap()[4..], [1.0; 4]);
    expect(shape, stream.reset(Some(&[true]), None));
    expect(shape, stream.reset(None, Some(&[0.0; 3])));
    stream.set_state(&[0.5; 8]).unwrap();
    stream.set_state(&[0.25; 4]).unwrap();
    assert_eq!(stream.state().unwrap(), [0.25; 8]);
    expect(shape, stream.set_state(&[0.0; 5]));
    expect(ErrorKind::State, stream.set_option(StreamOption::Batch, 1));
    assert_eq!(stream.option(StreamOption::Batch).unwrap(), 2);

    expect(shape, rnn.set_flat(&[0.0; 3]));
    expect(shape, rnn.get_flat(&mut [0.0; 3]));
}
