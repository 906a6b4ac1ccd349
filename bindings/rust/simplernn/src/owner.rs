// SPDX-License-Identifier: MIT
//! What has the parameters of gradients.

use simplernn_sys as sys;
use std::sync::Arc;

use crate::element::Real;
use crate::handle::Handle;
use crate::linear::Linear;
use crate::lock::Parameters;
use crate::rnn::Rnn;

/// A clone is the same object.
#[derive(Clone, Debug)]
pub(crate) enum Owner<T: Real> {
    Rnn(Rnn<T>),
    Linear(Linear<T>),
    /// A learned tensor. Who reads or writes its values borrows its gradients,
    /// so it needs no lock.
    Tensor(Arc<Handle<sys::srnn_tensor>>),
}

impl<T: Real> Owner<T> {
    pub(crate) fn parameters(&self) -> Option<&Parameters> {
        match self {
            Owner::Rnn(rnn) => Some(rnn.parameters()),
            Owner::Linear(linear) => Some(linear.parameters()),
            Owner::Tensor(_) => None,
        }
    }
}
