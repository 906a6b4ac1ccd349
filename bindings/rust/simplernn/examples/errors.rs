// SPDX-License-Identifier: MIT
//! Shows what errors say.

use simplernn::{Context, ErrorKind, Options, Rnn, View};

fn main() -> simplernn::Result<()> {
    let rnn = Rnn::<f32>::new(3, 4, &Options::new(), 1)?;
    let mut context = Context::new(&rnn)?;
    let input = View::new(&[0.5; 5 * 2 * 3], &[5, 2, 3])?;
    let h0 = View::new(&[0.0; 4], &[1, 4])?;
    if let Err(error) = context.forward(&input, Some(&h0), None, None) {
        assert_eq!(error.kind(), ErrorKind::Shape);
        println!("{}", error);
    }
    Ok(())
}
