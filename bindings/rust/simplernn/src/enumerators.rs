// SPDX-License-Identifier: MIT
//! The sets of enumerators of the library.

use simplernn_sys as sys;

macro_rules! enumeration {
    (
        $(#[$about:meta])* $set:ident: $c:ident {
            $($(#[$one:meta])* $name:ident = $value:ident,)*
        }
    ) => {
        $(#[$about])*
        #[non_exhaustive]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $set {
            $($(#[$one])* $name,)*
        }

        impl $set {
            /// The enumerator in C.
            pub(crate) fn value(self) -> sys::$c {
                match self {
                    $($set::$name => sys::$value,)*
                }
            }

            /// None if a newer library has given the value.
            #[allow(dead_code)]
            pub(crate) fn of(value: sys::$c) -> Option<Self> {
                match value {
                    $(sys::$value => Some($set::$name),)*
                    _ => None,
                }
            }
        }

        impl From<$set> for i64 {
            /// The value for an option.
            fn from(one: $set) -> i64 {
                one.value().into()
            }
        }

        #[cfg(test)]
        mod $c {
            #[test]
            fn has_the_names_of_c() {
                $(super::tests::check_name(super::$set::$name);)*
            }
        }
    };
}

macro_rules! supported {
    ($($set:ident),*) => {$(
        impl $set {
            /// Tells whether this build of the library, on this machine,
            /// supports it.
            pub fn is_supported(self) -> bool {
                // SAFETY: any value is allowed.
                unsafe { sys::srnn_supports(self.value()) == 1 }
            }
        }
    )*};
}

supported!(Nonlinearity, Direction, Gemm, Isa, Schedule);

enumeration! {
    /// The activation of a step.
    Nonlinearity: srnn_nonlinearity {
        /// `"tanh"` in PyTorch.
        Tanh = SRNN_NONLINEARITY_TANH,
        /// `"relu"` in PyTorch.
        Relu = SRNN_NONLINEARITY_RELU,
        /// 1 / (1 + exp(-x)), which `torch.nn.RNN` does not have.
        Sigmoid = SRNN_NONLINEARITY_SIGMOID,
        /// x, which `torch.nn.RNN` does not have.
        Identity = SRNN_NONLINEARITY_IDENTITY,
    }
}

enumeration! {
    /// The order in which the layers of a network read a sequence.
    Direction: srnn_direction {
        /// From the first step to the last; D = 1.
        Forward = SRNN_DIRECTION_FORWARD,
        /// From the last step of each sequence to the first; D = 1.
        Reverse = SRNN_DIRECTION_REVERSE,
        /// Both, each with its own weights; D = 2.
        Bidirectional = SRNN_DIRECTION_BIDIRECTIONAL,
    }
}

enumeration! {
    /// An option of a network.
    RnnOption: srnn_option {
        /// I.
        InputSize = SRNN_OPTION_INPUT_SIZE,
        /// H.
        HiddenSize = SRNN_OPTION_HIDDEN_SIZE,
        /// L.
        NumLayers = SRNN_OPTION_NUM_LAYERS,
        /// A [`Direction`].
        Direction = SRNN_OPTION_DIRECTION,
        /// A [`Nonlinearity`].
        Nonlinearity = SRNN_OPTION_NONLINEARITY,
        /// Whether the network has biases.
        Bias = SRNN_OPTION_BIAS,
        /// Whether the batch is the first dimension.
        BatchFirst = SRNN_OPTION_BATCH_FIRST,
        /// The type of the elements.
        Dtype = SRNN_OPTION_DTYPE,
        /// The probability that training sets an output between layers to 0.
        Dropout = SRNN_OPTION_DROPOUT,
    }
}

enumeration! {
    /// Who stated the value of an option.
    Origin: srnn_origin {
        /// Nobody; it has its default.
        Default = SRNN_ORIGIN_DEFAULT,
        /// The names, shapes or metadata of the weight file.
        File = SRNN_ORIGIN_FILE,
        /// The [`Options`](crate::Options), an argument or the tensors.
        Caller = SRNN_ORIGIN_CALLER,
    }
}

enumeration! {
    /// An option of a [`Context`](crate::Context), an integer.
    ContextOption: srnn_context_option {
        /// A [`Gemm`].
        Gemm = SRNN_CONTEXT_GEMM,
        /// An [`Isa`].
        Isa = SRNN_CONTEXT_ISA,
        /// The maximum number of threads of a call, with the calling one: 1 to
        /// 256.
        NumThreads = SRNN_CONTEXT_NUM_THREADS,
        /// A [`Schedule`].
        Schedule = SRNN_CONTEXT_SCHEDULE,
        /// 1: calls treat subnormal numbers as 0.
        FlushSubnormals = SRNN_CONTEXT_FLUSH_SUBNORMALS,
        /// Read-only: the [`Schedule`] of the last call, or 0.
        LastSchedule = SRNN_CONTEXT_LAST_SCHEDULE,
        /// Read-only: the number of threads of the last call, or 0.
        LastThreads = SRNN_CONTEXT_LAST_THREADS,
        /// 1: backward keeps gradients of states that are very small.
        KeepTinyGradients = SRNN_CONTEXT_KEEP_TINY_GRADIENTS,
        /// The rate of a core, in float32 operations in a nanosecond.
        Gflops = SRNN_CONTEXT_GFLOPS,
        /// The rate of the second-level cache, in bytes in a nanosecond.
        L2Gbps = SRNN_CONTEXT_L2_GBPS,
        /// The rate of what is behind it.
        L3Gbps = SRNN_CONTEXT_L3_GBPS,
        /// Read-only: how many of the three rates were measured.
        MeasuredRates = SRNN_CONTEXT_MEASURED_RATES,
    }
}

enumeration! {
    /// An option of a [`Stream`](crate::Stream), an integer.
    StreamOption: srnn_stream_option {
        /// Read-only: the number of sequences.
        Batch = SRNN_STREAM_BATCH,
        /// 1: calls treat subnormal numbers as 0.
        FlushSubnormals = SRNN_STREAM_FLUSH_SUBNORMALS,
    }
}

enumeration! {
    /// An option of a [`Tape`](crate::Tape), an integer.
    TapeOption: srnn_tape_option {
        /// 0: keep the states of all steps. k: keep those of one step in k, and
        /// compute the others again.
        CheckpointSteps = SRNN_TAPE_CHECKPOINT_STEPS,
        /// 1, the default: recording applies the dropout of the rnn.
        Dropout = SRNN_TAPE_DROPOUT,
        /// The seed of the dropout masks.
        DropoutSeed = SRNN_TAPE_DROPOUT_SEED,
        /// The number of row 0 in the whole batch.
        FirstRow = SRNN_TAPE_FIRST_ROW,
        /// The number of step 0 in the whole sequence.
        FirstStep = SRNN_TAPE_FIRST_STEP,
    }
}

enumeration! {
    /// Whether gradients of parameters replace what is there.
    Accumulation: srnn_accumulation {
        /// Overwrite, without reading.
        Set = SRNN_ACCUMULATION_SET,
        /// Add to it.
        Add = SRNN_ACCUMULATION_ADD,
    }
}

enumeration! {
    /// A way to fill a parameter, with a gain of 0 and up.
    Initialisation: srnn_initialisation {
        /// U(-gain, gain): the values of `torch.manual_seed(seed)` and
        /// `parameter.uniform_(-gain, gain)`.
        Uniform = SRNN_INITIALISATION_UNIFORM,
        /// A matrix with orthonormal rows, or columns if it has fewer of them,
        /// times gain, as `torch.nn.init.orthogonal_`, but not with the values
        /// of PyTorch.
        Orthogonal = SRNN_INITIALISATION_ORTHOGONAL,
        /// gain on the diagonal and 0 elsewhere.
        Identity = SRNN_INITIALISATION_IDENTITY,
        /// 0. Gain and seed have no effect.
        Zeros = SRNN_INITIALISATION_ZEROS,
    }
}

enumeration! {
    /// The formula of an [`Optimizer`](crate::Optimizer).
    OptimizerKind: srnn_optimizer_kind {
        /// `torch.optim.SGD`.
        Sgd = SRNN_OPTIMIZER_KIND_SGD,
        /// `torch.optim.Adam`.
        Adam = SRNN_OPTIMIZER_KIND_ADAM,
        /// `torch.optim.AdamW`.
        AdamW = SRNN_OPTIMIZER_KIND_ADAMW,
        /// `torch.optim.RMSprop`.
        RmsProp = SRNN_OPTIMIZER_KIND_RMSPROP,
    }
}

enumeration! {
    /// An option of an [`Optimizer`](crate::Optimizer). It is real, except
    /// where an integer is documented. It can differ between gradients, except
    /// the last two.
    OptimizerOption: srnn_optimizer_option {
        /// 0 and up. Default: 1e-3; RMSprop 1e-2.
        LearningRate = SRNN_OPTIMIZER_LEARNING_RATE,
        /// 0 and up. Default: 0; AdamW 1e-2.
        WeightDecay = SRNN_OPTIMIZER_WEIGHT_DECAY,
        /// SGD, RMSprop: 0 and up. Default: 0.
        Momentum = SRNN_OPTIMIZER_MOMENTUM,
        /// SGD. Default: 0.
        Dampening = SRNN_OPTIMIZER_DAMPENING,
        /// SGD: the integer 0 or 1. It needs a momentum above 0 and a dampening
        /// of 0. Default: 0.
        Nesterov = SRNN_OPTIMIZER_NESTEROV,
        /// Adam, AdamW: 0 to below 1. Default: 0.9.
        Beta1 = SRNN_OPTIMIZER_BETA1,
        /// Adam, AdamW: 0 to below 1. Default: 0.999.
        Beta2 = SRNN_OPTIMIZER_BETA2,
        /// Adam, AdamW, RMSprop: 0 and up. Default: 1e-8.
        Epsilon = SRNN_OPTIMIZER_EPSILON,
        /// RMSprop: 0 to 1. Default: 0.99.
        Alpha = SRNN_OPTIMIZER_ALPHA,
        /// RMSprop: the integer 0 or 1. Default: 0.
        Centered = SRNN_OPTIMIZER_CENTERED,
        /// The integer 0 or 1. If 1, a step refuses gradients that are NaN or
        /// infinite. Default: 1.
        CheckFinite = SRNN_OPTIMIZER_CHECK_FINITE,
        /// Read-only: the number of steps, an integer.
        Steps = SRNN_OPTIMIZER_STEPS,
    }
}

enumeration! {
    /// An implementation of matrix products.
    Gemm: srnn_gemm {
        /// The kernels of the library.
        Native = SRNN_GEMM_NATIVE,
        /// OpenBLAS, which is loaded when it is first chosen.
        OpenBlas = SRNN_GEMM_OPENBLAS,
    }
}

enumeration! {
    /// An instruction set that kernels are compiled for.
    Isa: srnn_isa {
        /// What every processor of the architecture has.
        Baseline = SRNN_ISA_BASELINE,
        /// AVX2 and FMA.
        Avx2 = SRNN_ISA_AVX2,
        /// AVX-512 F, DQ, BW and VL.
        Avx512 = SRNN_ISA_AVX512,
        /// AArch64.
        Neon = SRNN_ISA_NEON,
    }
}

enumeration! {
    /// A way to divide a call among threads.
    Schedule: srnn_schedule {
        /// Chosen by a cost model.
        Auto = SRNN_SCHEDULE_AUTO,
        /// The calling thread computes everything.
        Serial = SRNN_SCHEDULE_SERIAL,
        /// Each thread computes some rows of the batch, and in training a part
        /// of what is done for many steps at once, too.
        Batch = SRNN_SCHEDULE_BATCH,
        /// Each thread computes one direction.
        Directions = SRNN_SCHEDULE_DIRECTIONS,
        /// Each thread computes some layers.
        Layers = SRNN_SCHEDULE_LAYERS,
        /// Each thread computes some columns of the hidden state.
        Columns = SRNN_SCHEDULE_COLUMNS,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::CStr;

    /// OpenBlas ends SRNN_GEMM_OPENBLAS.
    pub(super) fn check_name<T: Copy + std::fmt::Debug + Into<i64>>(one: T) {
        // SAFETY: any number is allowed.
        let c = unsafe { CStr::from_ptr(sys::srnn_constant_name(one.into())) };
        let c = c.to_str().unwrap().replace('_', "");
        let ours = format!("{:?}", one).to_uppercase();
        assert!(c.ends_with(&ours), "{} is {}", ours, c);
    }
}
