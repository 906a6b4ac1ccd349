// SPDX-License-Identifier: MIT
//! Runs an endless sequence step by step, and gives it other weights while it
//! runs.

use simplernn::{Context, Options, Rnn, Stream};
use std::thread;

fn main() -> simplernn::Result<()> {
    let rnn = Rnn::<f32>::new(1, 16, &Options::new(), 1)?;
    let mut stream = Stream::new(&Context::new(&rnn)?, 1)?;
    let updater = stream.updater();

    let audio = thread::spawn(move || -> simplernn::Result<f32> {
        let mut output = [0.0; 16];
        for sample in (0..48000).map(|t| (t as f32 * 0.01).sin()) {
            stream.step(&[sample], &mut output)?;
        }
        Ok(output[0])
    });

    let newer = rnn.deep_clone()?;
    let halves: Vec<f32> = rnn.flat()?.iter().map(|p| p / 2.0).collect();
    newer.set_flat(&halves)?;
    updater.set_rnn(&newer)?;

    let last = audio.join().expect("the audio thread has not panicked")?;
    println!("{:.4}", last);
    Ok(())
}
