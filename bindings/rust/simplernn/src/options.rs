// SPDX-License-Identifier: MIT
//! The options of a network.

use simplernn_sys as sys;

use crate::element::{int, Real};
use crate::enumerators::{Direction, Nonlinearity};
use crate::error::{check, Result};
use crate::handle::Handle;

/// The options of a network, each with the default of `torch.nn.RNN` until it
/// is set. They are checked when an rnn is created.
///
/// ```
/// use simplernn::{Direction, Nonlinearity, Options, Rnn};
///
/// let options = Options::new()
///     .num_layers(2)
///     .nonlinearity(Nonlinearity::Relu)
///     .direction(Direction::Bidirectional);
/// let rnn = Rnn::<f32>::new(3, 4, &options, 1)?;
/// assert_eq!(rnn.output_shape(5, 1), [5, 1, 2 * 4]);
/// # Ok::<(), simplernn::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Options {
    integers: Vec<(sys::srnn_option, i64)>,
    dropout: Option<f64>,
}

impl Options {
    /// Every option has its default.
    pub fn new() -> Self {
        Options::default()
    }

    /// L, 1 to 65535. Default: 1.
    pub fn num_layers(self, num_layers: usize) -> Self {
        self.set(sys::SRNN_OPTION_NUM_LAYERS, int(num_layers))
    }

    /// Default: forward.
    pub fn direction(self, direction: Direction) -> Self {
        self.set(sys::SRNN_OPTION_DIRECTION, direction.into())
    }

    /// Default: tanh.
    pub fn nonlinearity(self, nonlinearity: Nonlinearity) -> Self {
        self.set(sys::SRNN_OPTION_NONLINEARITY, nonlinearity.into())
    }

    /// Whether the network has biases. Default: true.
    pub fn bias(self, bias: bool) -> Self {
        self.set(sys::SRNN_OPTION_BIAS, bias.into())
    }

    /// Whether input and output are `[B,T,...]` instead of `[T,B,...]`.
    /// Default: false.
    pub fn batch_first(self, batch_first: bool) -> Self {
        self.set(sys::SRNN_OPTION_BATCH_FIRST, batch_first.into())
    }

    /// The probability, 0 to 1, that training sets an output between layers to
    /// 0. Default: 0.
    pub fn dropout(mut self, dropout: f64) -> Self {
        self.dropout = Some(dropout);
        self
    }

    /// Demands this input_size: an rnn of another one is an error.
    pub fn input_size(self, input_size: usize) -> Self {
        self.set(sys::SRNN_OPTION_INPUT_SIZE, int(input_size))
    }

    /// Demands this hidden_size: an rnn of another one is an error.
    pub fn hidden_size(self, hidden_size: usize) -> Self {
        self.set(sys::SRNN_OPTION_HIDDEN_SIZE, int(hidden_size))
    }

    /// Whether reading a file fails if nonlinearity or batch_first is stated
    /// neither here nor in the file. Default: false.
    pub fn require_stated(self, require_stated: bool) -> Self {
        self.set(sys::SRNN_OPTION_REQUIRE_STATED, require_stated.into())
    }

    /// Whether reading a file ignores tensors under the prefix that are not
    /// parameters of the rnn. Default: false.
    pub fn allow_extra(self, allow_extra: bool) -> Self {
        self.set(sys::SRNN_OPTION_ALLOW_EXTRA, allow_extra.into())
    }

    fn set(mut self, option: sys::srnn_option, value: i64) -> Self {
        self.integers.push((option, value));
        self
    }

    /// The config of an rnn that computes in T.
    pub(crate) fn config<T: Real>(&self) -> Result<Handle<sys::srnn_config>> {
        // SAFETY: the functions get a config that exists.
        unsafe {
            let config = Handle::create(|out| sys::srnn_config_create(out))?;
            let dtype = (sys::SRNN_OPTION_DTYPE, T::DTYPE.into());
            for &(option, value) in self.integers.iter().chain([&dtype]) {
                check(sys::srnn_config_set_int(config.get(), option, value))?;
            }
            if let Some(dropout) = self.dropout {
                check(sys::srnn_config_set_real(
                    config.get(),
                    sys::SRNN_OPTION_DROPOUT,
                    dropout,
                ))?;
            }
            Ok(config)
        }
    }
}
