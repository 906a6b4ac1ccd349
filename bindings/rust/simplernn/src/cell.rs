// SPDX-License-Identifier: MIT
//! One step of one cell.

use simplernn_sys as sys;
use std::marker::PhantomData;

use crate::element::{int, Real};
use crate::enumerators::{Direction, Nonlinearity};
use crate::error::{check, Result};
use crate::handle::Handle;
use crate::rnn::Rnn;
use crate::view::{get, View, ViewMut};

/// The weights of one cell, as `torch.nn.RNNCell`:
/// h' = act(W_ih x + b_ih + W_hh h + b_hh). It never changes, and any number of
/// threads may use it at once.
///
/// ```
/// use simplernn::{Cell, Nonlinearity, View, ViewMut};
///
/// let cell = Cell::<f32>::new(
///     Nonlinearity::Relu,
///     &View::new(&[2.0], &[1, 1])?,
///     &View::new(&[1.0], &[1, 1])?,
///     None,
///     None,
/// )?;
/// let mut h = [0.0];
/// cell.forward(
///     &View::new(&[3.0], &[1])?,
///     Some(&View::new(&[4.0], &[1])?),
///     &mut ViewMut::new(&mut h, &[1])?,
/// )?;
/// assert_eq!(h, [2.0 * 3.0 + 4.0]);
/// # Ok::<(), simplernn::Error>(())
/// ```
#[derive(Debug)]
pub struct Cell<T: Real> {
    handle: Handle<sys::srnn_cell>,
    element: PhantomData<T>,
}

impl<T: Real> Cell<T> {
    /// Creates a cell with copies of weight_ih `[H,I]`, weight_hh `[H,H]`,
    /// bias_ih `[H]` and bias_hh `[H]`; a bias that is None is zeros.
    ///
    /// # Errors
    /// [`Shape`](crate::ErrorKind::Shape) if a weight has the wrong shape;
    /// [`Range`](crate::ErrorKind::Range) if a size is 0 or too large;
    /// [`Environment`](crate::ErrorKind::Environment) or
    /// [`Unsupported`](crate::ErrorKind::Unsupported) as for
    /// [`Context::new`](crate::Context::new);
    /// [`Overflow`](crate::ErrorKind::Overflow);
    /// [`NoMemory`](crate::ErrorKind::NoMemory).
    pub fn new(
        nonlinearity: Nonlinearity,
        weight_ih: &View<'_, T>,
        weight_hh: &View<'_, T>,
        bias_ih: Option<&View<'_, T>>,
        bias_hh: Option<&View<'_, T>>,
    ) -> Result<Self> {
        // SAFETY: the tensors exist.
        Cell::create(|out| unsafe {
            sys::srnn_cell_create(
                out,
                nonlinearity.value(),
                weight_ih.get(),
                weight_hh.get(),
                get(bias_ih),
                get(bias_hh),
            )
        })
    }

    /// Creates a view of one cell of a network, in a layer from 0 to L-1 and
    /// one of its directions. It has the weights of the network, and keeps it
    /// alive. While it exists, functions that write parameters fail with
    /// [`InUse`](crate::ErrorKind::InUse).
    ///
    /// ```
    /// use simplernn::{Cell, Direction, ErrorKind, Options, Rnn};
    ///
    /// let rnn = Rnn::<f32>::new(3, 4, &Options::new(), 1)?;
    /// let cell = Cell::of(&rnn, 0, Direction::Forward)?;
    /// let error = rnn.set_flat(&rnn.flat()?).unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::InUse);
    /// drop(cell);
    /// rnn.set_flat(&rnn.flat()?)?;
    /// # Ok::<(), simplernn::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Range`](crate::ErrorKind::Range) if there is no such layer;
    /// [`Invalid`](crate::ErrorKind::Invalid) if there is no such direction;
    /// otherwise as [`new`](Cell::new).
    pub fn of(
        rnn: &Rnn<T>,
        layer: usize,
        direction: Direction,
    ) -> Result<Self> {
        // SAFETY: the rnn exists.
        Cell::create(|out| unsafe {
            sys::srnn_cell_create_view(
                out,
                rnn.get(),
                int(layer),
                direction.value(),
            )
        })
    }

    fn create(
        function: impl FnOnce(*mut *mut sys::srnn_cell) -> sys::srnn_status,
    ) -> Result<Self> {
        Ok(Cell {
            handle: Handle::create(function)?,
            element: PhantomData,
        })
    }

    /// I.
    pub fn input_size(&self) -> usize {
        // SAFETY: the cell exists.
        unsafe { sys::srnn_cell_input_size(self.handle.get()) as usize }
    }

    /// H.
    pub fn hidden_size(&self) -> usize {
        // SAFETY: the cell exists.
        unsafe { sys::srnn_cell_hidden_size(self.handle.get()) as usize }
    }

    /// Computes one step of a batch: input `[B,I]`, hidden `[B,H]` or None for
    /// zeros, output `[B,H]`; or `[I]`, `[H]` and `[H]` for one row.
    ///
    /// # Errors
    /// [`Shape`](crate::ErrorKind::Shape) if a tensor has the wrong shape;
    /// [`Overflow`](crate::ErrorKind::Overflow);
    /// [`NoMemory`](crate::ErrorKind::NoMemory).
    pub fn forward(
        &self,
        input: &View<'_, T>,
        hidden: Option<&View<'_, T>>,
        output: &mut ViewMut<'_, T>,
    ) -> Result<()> {
        // SAFETY: all objects exist, and the result is apart from the rest.
        check(unsafe {
            sys::srnn_cell_forward(
                self.handle.get(),
                input.get(),
                get(hidden),
                output.get(),
            )
        })
    }
}
