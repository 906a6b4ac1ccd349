// SPDX-License-Identifier: MIT
//! Networks in files.

use simplernn::{
    Direction, ErrorKind, Nonlinearity, Options, Origin, Rnn, RnnOption,
    Weights,
};
use std::fs;

#[path = "support/folder.rs"]
mod folder;
use folder::Folder;

#[test]
fn a_file_holds_several_networks() {
    let folder = Folder::new("several");
    let path = folder.0.join("model.safetensors");
    let encoder = Options::new()
        .num_layers(2)
        .direction(Direction::Bidirectional)
        .nonlinearity(Nonlinearity::Relu)
        .batch_first(true)
        .dropout(0.25);
    let encoder = Rnn::<f32>::new(3, 4, &encoder, 1).unwrap();
    let decoder = Options::new().bias(false);
    let decoder = Rnn::<f64>::new(5, 6, &decoder, 2).unwrap();
    encoder
        .save(&path, "encoder.", &[("author", "me"), ("epoch", "12")])
        .unwrap();
    decoder.save(&path, "decoder.", &[]).unwrap();

    let weights = Weights::open(&path).unwrap();
    assert_eq!(weights.len(), 16 + 2);
    assert_eq!(weights.metadata("author"), Some("me"));
    assert_eq!(weights.metadata("nobody"), None);
    let entry = weights.entries().next().unwrap();
    assert_eq!(entry.name, "decoder.weight_hh_l0");
    assert_eq!((entry.element, entry.shape), ("F64", vec![6, 6]));

    let options = Options::new();
    let copy = Rnn::<f32>::from_weights(&weights, "encoder.", &options);
    let copy = copy.unwrap();
    assert_eq!(copy.flat().unwrap(), encoder.flat().unwrap());
    assert_eq!((copy.input_size(), copy.hidden_size()), (3, 4));
    assert_eq!(copy.num_layers(), 2);
    assert_eq!(copy.direction(), Some(Direction::Bidirectional));
    assert_eq!(copy.nonlinearity(), Some(Nonlinearity::Relu));
    assert!(copy.bias() && copy.batch_first());
    assert_eq!(copy.dropout(), 0.25);
    assert_eq!(copy.origin(RnnOption::Nonlinearity), Some(Origin::File));
    assert_eq!(copy.input_shape(7, 2), [2, 7, 3]);
    assert_eq!(copy.output_shape(7, 2), [2, 7, 2 * 4]);
    assert_eq!(copy.hidden_shape(2), [2 * 2, 2, 4]);

    // An f64 file gives an f32 network, if that is asked for.
    let narrow = Rnn::<f32>::from_weights(&weights, "decoder.", &options);
    let narrow = narrow.unwrap().flat().unwrap();
    let wide = decoder.flat().unwrap();
    assert!(narrow.iter().zip(&wide).all(|(n, w)| *n == *w as f32));
}

#[test]
fn save_alone_replaces_the_file() {
    let folder = Folder::new("alone");
    let path = folder.0.join("model.safetensors");
    let rnn = Rnn::<f32>::new(3, 4, &Options::new(), 1).unwrap();
    fs::write(&path, "no weights").unwrap();
    let error = rnn.save(&path, "", &[]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Format);
    rnn.save_alone(&path, "", &[("key", "text")]).unwrap();
    let mut bytes = Vec::new();
    rnn.save_to(&mut bytes, "", &[("key", "text")]).unwrap();
    assert_eq!(fs::read(&path).unwrap(), bytes);
}

/// A file of tensors [1,1] with these names, and no metadata.
fn file_of(names: &[&str]) -> Vec<u8> {
    let entries = names.iter().enumerate().map(|(i, name)| {
        let (begin, end) = (4 * i, 4 * i + 4);
        format!(
            r#""{}":{{"dtype":"F32","shape":[1,1],"data_offsets":[{},{}]}}"#,
            name, begin, end
        )
    });
    let header = format!("{{{}}}", entries.collect::<Vec<_>>().join(","));
    let mut file = (header.len() as u64).to_le_bytes().to_vec();
    file.extend(header.bytes());
    file.extend(vec![0; 4 * names.len()]);
    file
}

#[test]
fn options_say_how_to_read_a_file() {
    let plain = file_of(&["weight_hh_l0", "weight_ih_l0"]);
    let extra = file_of(&["scale", "weight_hh_l0", "weight_ih_l0"]);
    let read = |file: &[u8], options: Options| {
        let weights = Weights::from_bytes(file).unwrap();
        Rnn::<f32>::from_weights(&weights, "", &options)
    };
    let expect = |kind, file: &[u8], options| {
        let error = read(file, options).unwrap_err();
        assert_eq!(error.kind(), kind, "{}", error);
    };
    let options = Options::new;
    assert!(read(&plain, options().input_size(1).hidden_size(1)).is_ok());
    expect(ErrorKind::Shape, &plain, options().input_size(2));
    expect(ErrorKind::Shape, &plain, options().hidden_size(2));
    assert!(read(&plain, options()).is_ok());
    expect(ErrorKind::NotFound, &plain, options().require_stated(true));
    expect(ErrorKind::Format, &extra, options());
    assert!(read(&extra, options().allow_extra(true)).is_ok());
}
