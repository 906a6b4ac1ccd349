// SPDX-License-Identifier: MIT
//! Runs simple (Elman) recurrent networks on CPUs, with the results of
//! `torch.nn.RNN`, computes their gradients, and trains them.
//!
//! ```no_run
//! use simplernn::{Context, Options, Rnn, Weights};
//!
//! let weights = Weights::open("model.safetensors")?;
//! let rnn = Rnn::<f32>::from_weights(&weights, "rnn.", &Options::new())?;
//! let mut context = Context::new(&rnn)?;
//! let input = vec![0.0; 100 * rnn.input_size()]; // [T=100, B=1, I]
//! let mut output = vec![0.0; 100 * rnn.hidden_size()];
//! let y = Some(&mut output[..]);
//! context.forward_contiguous(100, 1, &input, None, y, None)?;
//! # Ok::<(), simplernn::Error>(())
//! ```
//!
//! | type | what it is | threads |
//! |---|---|---|
//! | [`View`], [`ViewMut`] | a slice with a shape | `Send`, `Sync` |
//! | [`Weights`] | an open safetensors file | `Send`, `Sync` |
//! | [`Tensor`] | values that were read from a file | `Send`, `Sync` |
//! | [`Options`] | the options of a network | `Send`, `Sync` |
//! | [`Rnn`] | a network: options, parameters | `Send`, `Sync` |
//! | [`Cell`] | one cell, to run single steps | `Send`, `Sync` |
//! | [`Context`] | memory and threads to run a network | `Send` |
//! | [`Stream`] | the states of endless sequences | `Send` |
//! | [`Updater`] | gives a stream other weights | `Send`, `Sync` |
//! | [`Tape`] | what backward needs of a forward | `Send` |
//! | [`Linear`] | a linear layer | `Send`, `Sync` |
//! | [`Gradients`] | the gradients of all parameters | `Send` |
//! | [`Loss`] | a loss and its gradient | `Send`, `Sync` |
//! | [`Optimizer`] | updates parameters, saves checkpoints | `Send` |
//!
//! Contexts, streams, cells, tapes, gradients and optimizers share the
//! ownership of their network or layer. Letters in shapes are T time steps, B
//! batch, I input_size, H hidden_size, L num_layers and D directions. Shapes
//! are in C order.
//!
//! A call that can fail returns an [`Error`] with the text of the library. A
//! panic in a reader or a writer of the caller goes through the call.
//!
//! # Find the library
//!
//! By default `pkg-config simplernn` finds the shared library, or
//! `SIMPLERNN_LIB_DIR` is its folder. The feature `static` links the archive
//! instead. The feature `vendored` builds it from the C sources, which needs
//! cmake, a C compiler and jansson.

#![warn(missing_docs, missing_debug_implementations)]

mod callback;
mod cell;
mod checkpoint;
mod context;
mod element;
mod enumerators;
mod error;
mod gradients;
mod handle;
mod inspect;
mod linear;
mod linear_parameters;
mod lock;
mod loss;
mod optimizer;
mod options;
mod owner;
mod parameters;
mod rnn;
mod save;
mod sizes;
mod stream;
mod tape;
mod tensor;
mod text;
mod updater;
mod version;
mod view;
mod weights;

pub use cell::Cell;
pub use checkpoint::AnyView;
pub use context::{Context, Sequences};
pub use element::{Element, Real};
pub use enumerators::{
    Accumulation, ContextOption, Direction, Gemm, Initialisation, Isa,
    Nonlinearity, OptimizerKind, OptimizerOption, Origin, RnnOption, Schedule,
    StreamOption, TapeOption,
};
pub use error::{Error, ErrorKind, Result};
pub use gradients::Gradients;
pub use linear::Linear;
pub use loss::{Loss, IGNORE_INDEX};
pub use optimizer::Optimizer;
pub use options::Options;
pub use rnn::Rnn;
pub use stream::Stream;
pub use tape::{Backward, Tape};
pub use tensor::Tensor;
pub use updater::Updater;
pub use version::{build_info, version, version_number};
pub use view::{View, ViewMut};
pub use weights::{Entry, Weights};
