// SPDX-License-Identifier: MIT
//! What a network is: its options and its shapes.

use simplernn_sys as sys;
use std::ptr;

use crate::element::{int, Real};
use crate::enumerators::{Direction, Nonlinearity, Origin, RnnOption};
use crate::error::check;
use crate::rnn::Rnn;

impl<T: Real> Rnn<T> {
    /// I.
    pub fn input_size(&self) -> usize {
        self.sizes().input
    }

    /// H.
    pub fn hidden_size(&self) -> usize {
        self.sizes().hidden
    }

    /// L.
    pub fn num_layers(&self) -> usize {
        self.sizes().layers
    }

    /// None if a newer library has given a direction that this crate does not
    /// know.
    pub fn direction(&self) -> Option<Direction> {
        Direction::of(self.integer(sys::SRNN_OPTION_DIRECTION) as i32)
    }

    /// None if a newer library has given a nonlinearity that this crate does
    /// not know.
    pub fn nonlinearity(&self) -> Option<Nonlinearity> {
        Nonlinearity::of(self.integer(sys::SRNN_OPTION_NONLINEARITY) as i32)
    }

    /// Whether the network has biases.
    pub fn bias(&self) -> bool {
        self.integer(sys::SRNN_OPTION_BIAS) == 1
    }

    /// Whether input and output are `[B,T,...]`.
    pub fn batch_first(&self) -> bool {
        self.sizes().is_batch_first
    }

    /// The probability that training sets an output between layers to 0.
    pub fn dropout(&self) -> f64 {
        let mut value = 0.0;
        // SAFETY: the rnn exists, and has the option.
        let status = unsafe {
            sys::srnn_rnn_get_real(
                &mut value,
                self.get(),
                sys::SRNN_OPTION_DROPOUT,
            )
        };
        check(status).expect("an rnn has this option");
        value
    }

    /// Who stated the value of an option.
    ///
    /// ```
    /// use simplernn::{Options, Origin, Rnn, RnnOption};
    ///
    /// let rnn = Rnn::<f32>::new(3, 4, &Options::new().bias(true), 1)?;
    /// assert_eq!(rnn.origin(RnnOption::Bias), Some(Origin::Caller));
    /// assert_eq!(rnn.origin(RnnOption::Dropout), Some(Origin::Default));
    /// # Ok::<(), simplernn::Error>(())
    /// ```
    pub fn origin(&self, option: RnnOption) -> Option<Origin> {
        // SAFETY: the rnn exists.
        Origin::of(unsafe { sys::srnn_rnn_origin(self.get(), option.value()) })
    }

    /// The shape of the input of a call: `[T,B,I]`, or `[B,T,I]` with
    /// batch_first.
    pub fn input_shape(&self, steps: usize, batch: usize) -> [usize; 3] {
        self.shape(sys::SRNN_ROLE_INPUT, steps, batch)
    }

    /// The shape of the output of a call: `[T,B,D*H]`, or `[B,T,D*H]` with
    /// batch_first.
    pub fn output_shape(&self, steps: usize, batch: usize) -> [usize; 3] {
        self.shape(sys::SRNN_ROLE_OUTPUT, steps, batch)
    }

    /// The shape of h0 and h_n: `[L*D,B,H]`.
    pub fn hidden_shape(&self, batch: usize) -> [usize; 3] {
        self.shape(sys::SRNN_ROLE_HIDDEN, 1, batch)
    }

    fn shape(
        &self,
        role: sys::srnn_role,
        steps: usize,
        batch: usize,
    ) -> [usize; 3] {
        let mut shape = [0; 3];
        // SAFETY: the rnn exists, and there is room for 3 sizes.
        let status = unsafe {
            sys::srnn_rnn_shape(
                shape.as_mut_ptr(),
                self.get(),
                role,
                int(steps),
                int(batch),
            )
        };
        check(status).expect("sizes are not below 0");
        shape.map(|size| size as usize)
    }

    /// A table of every layer and direction, the shapes and counts of the
    /// parameters, and the shapes of a call.
    ///
    /// ```
    /// # use simplernn::{Options, Rnn};
    /// let rnn = Rnn::<f32>::new(3, 4, &Options::new(), 1)?;
    /// assert!(rnn.describe(5, 2).contains("[5, 2, 3]"));
    /// # Ok::<(), simplernn::Error>(())
    /// ```
    pub fn describe(&self, steps: usize, batch: usize) -> String {
        let (steps, batch) = (int(steps), int(batch));
        let describe = |text: *mut _, capacity, length: *mut _| {
            // SAFETY: the rnn exists, and the text has the capacity.
            unsafe {
                sys::srnn_rnn_describe(
                    text,
                    capacity,
                    length,
                    self.get(),
                    steps,
                    batch,
                )
            }
        };
        let mut length = 0;
        check(describe(ptr::null_mut(), 0, &mut length))
            .expect("the sizes are not below 0");
        let mut text = vec![0_u8; length + 1];
        check(describe(text.as_mut_ptr().cast(), text.len(), &mut length))
            .expect("there is room for the text");
        text.truncate(length);
        String::from_utf8(text).expect("the text is ASCII")
    }
}
