// SPDX-License-Identifier: MIT
//! The shapes of a call, with the names of their dimensions.

/// The numbers that shapes consist of. They never change.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sizes {
    pub input: usize,
    pub hidden: usize,
    pub layers: usize,
    pub directions: usize,
    pub is_batch_first: bool,
}

impl Sizes {
    /// Of the input or the output, whose last dimension is `last`.
    fn sequence(
        &self,
        steps: usize,
        batch: usize,
        last: (&'static str, usize),
    ) -> [(&'static str, usize); 3] {
        if self.is_batch_first {
            [("batch", batch), ("T", steps), last]
        } else {
            [("T", steps), ("batch", batch), last]
        }
    }

    pub(crate) fn input(
        &self,
        steps: usize,
        batch: usize,
    ) -> [(&'static str, usize); 3] {
        self.sequence(steps, batch, ("input_size", self.input))
    }

    pub(crate) fn output(
        &self,
        steps: usize,
        batch: usize,
    ) -> [(&'static str, usize); 3] {
        let last = self.directions * self.hidden;
        self.sequence(steps, batch, ("num_directions*hidden_size", last))
    }

    pub(crate) fn states(&self, batch: usize) -> [(&'static str, usize); 3] {
        [
            ("num_layers*num_directions", self.layers * self.directions),
            ("batch", batch),
            ("hidden_size", self.hidden),
        ]
    }
}
