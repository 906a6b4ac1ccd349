// SPDX-License-Identifier: MIT
//! Losses and their gradients.

use simplernn_sys as sys;

use crate::element::Real;
use crate::error::{check, Result};
use crate::view::{get, get_mut, View, ViewMut};

/// A target of [`Loss::cross_entropy`] that does not count.
pub const IGNORE_INDEX: i64 = sys::SRNN_IGNORE_INDEX;

/// A loss of a batch, as a sum over all that counts. If a batch is cut into
/// parts, add the sums and the counts of the parts.
///
/// The functions also compute the gradient of sum / divisor, if it is wanted. A
/// divisor of 0 stands for the count, so the gradient is that of the mean. If a
/// batch is cut into parts, give all of them the same divisor.
///
/// ```
/// use simplernn::{Loss, View, ViewMut, IGNORE_INDEX};
///
/// let logits = View::new(&[0.0, 0.0, 0.0, 8.0], &[2, 2])?;
/// let targets = View::new(&[1, IGNORE_INDEX], &[2])?;
/// let mut d = [1.0; 2 * 2];
/// let mut d_logits = ViewMut::new(&mut d, &[2, 2])?;
/// let loss =
///     Loss::cross_entropy(Some(&mut d_logits), &logits, &targets, 0.0)?;
/// assert_eq!((loss.sum, loss.count), (2.0_f64.ln(), 1));
/// assert_eq!(d, [0.5, -0.5, 0.0, 0.0]);
/// # Ok::<(), simplernn::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Loss {
    /// The sum of the losses of all that counts.
    pub sum: f64,
    /// How many rows count, or how many elements for a squared error.
    pub count: u64,
}

impl Loss {
    /// sum / count; NaN if nothing counts, as in PyTorch.
    pub fn mean(&self) -> f64 {
        self.sum / self.count as f64
    }

    /// Softmax cross-entropy over the last axis, as
    /// `torch.nn.functional.cross_entropy`.
    ///
    /// * d_logits: receives the gradient, in the shape of logits; 0 in rows
    ///   that do not count.
    /// * logits: `[...,C]`.
    /// * targets: `[...]`: the class of each row, 0 to C - 1, or
    ///   [`IGNORE_INDEX`].
    ///
    /// # Errors
    /// [`Shape`](crate::ErrorKind::Shape) if a tensor has the wrong shape;
    /// [`Range`](crate::ErrorKind::Range) if a target is no class, or the
    /// divisor is negative, infinite or NaN.
    pub fn cross_entropy<T: Real>(
        d_logits: Option<&mut ViewMut<'_, T>>,
        logits: &View<'_, T>,
        targets: &View<'_, i64>,
        divisor: f64,
    ) -> Result<Self> {
        // SAFETY: all tensors exist, and the result is apart from the rest.
        Loss::read(|sum, count| unsafe {
            sys::srnn_loss_cross_entropy(
                sum,
                count,
                get_mut(d_logits),
                logits.get(),
                targets.get(),
                divisor,
            )
        })
    }

    /// Squared error, as `torch.nn.functional.mse_loss`.
    ///
    /// * d_output: receives the gradient, in the shape of output; 0 in rows
    ///   that do not count.
    /// * output, target: `[...,C]`.
    /// * counted: `[...]`: 0 for each row that does not count. None: all rows
    ///   count.
    ///
    /// ```
    /// use simplernn::{Loss, View};
    ///
    /// let output = View::new(&[1.0, 2.0, 9.0, 9.0], &[2, 2])?;
    /// let target = View::new(&[0.0; 4], &[2, 2])?;
    /// let counted = View::new(&[1, 0], &[2])?;
    /// let loss =
    ///     Loss::squared_error(None, &output, &target, Some(&counted), 0.0)?;
    /// assert_eq!((loss.sum, loss.count), (5.0, 2));
    /// assert_eq!(loss.mean(), 2.5);
    /// # Ok::<(), simplernn::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Shape`](crate::ErrorKind::Shape) if a tensor has the wrong shape;
    /// [`Range`](crate::ErrorKind::Range) if the divisor is negative, infinite
    /// or NaN.
    pub fn squared_error<T: Real>(
        d_output: Option<&mut ViewMut<'_, T>>,
        output: &View<'_, T>,
        target: &View<'_, T>,
        counted: Option<&View<'_, u8>>,
        divisor: f64,
    ) -> Result<Self> {
        // SAFETY: all tensors exist, and the result is apart from the rest.
        Loss::read(|sum, count| unsafe {
            sys::srnn_loss_squared_error(
                sum,
                count,
                get_mut(d_output),
                output.get(),
                target.get(),
                get(counted),
                divisor,
            )
        })
    }

    fn read(
        function: impl FnOnce(*mut f64, *mut i64) -> sys::srnn_status,
    ) -> Result<Self> {
        let (mut sum, mut count) = (0.0, 0);
        check(function(&mut sum, &mut count))?;
        let count = count as u64;
        Ok(Loss { sum, count })
    }
}
