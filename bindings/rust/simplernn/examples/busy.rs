// SPDX-License-Identifier: MIT
//! Serves calls on several threads while another one writes parameters.

use simplernn::{Context, ErrorKind, Options, Rnn};
use std::thread;

/// Tries again as long as another thread is in the way.
fn retry(mut call: impl FnMut() -> simplernn::Result<()>) {
    while let Err(error) = call() {
        assert_eq!(error.kind(), ErrorKind::Busy, "{}", error);
        thread::yield_now();
    }
}

fn main() -> simplernn::Result<()> {
    let rnn = Rnn::<f32>::new(8, 32, &Options::new(), 1)?;
    let values = rnn.flat()?;
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut context = Context::new(&rnn).unwrap();
                let (x, mut y) = ([0.5; 10 * 8], [0.0; 10 * 32]);
                for _ in 0..100 {
                    retry(|| {
                        let y = Some(&mut y[..]);
                        context.forward_contiguous(10, 1, &x, None, y, None)
                    });
                }
            });
        }
        retry(|| rnn.set_flat(&values));
    });
    println!("served");
    Ok(())
}
