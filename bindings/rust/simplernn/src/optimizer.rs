// SPDX-License-Identifier: MIT
//! Updates parameters from their gradients.

use simplernn_sys as sys;
use std::ptr;
use std::sync::RwLockWriteGuard;

use crate::element::Real;
use crate::enumerators::{OptimizerKind, OptimizerOption};
use crate::error::{check, read, Error, Result};
use crate::gradients::Gradients;
use crate::handle::Handle;
use crate::lock::Parameters;
use crate::owner::Owner;
use crate::text;

/// Updates parameters with the formulas and the defaults of `torch.optim`. It
/// spans any number of gradients, with options that may differ between them.
///
/// The program keeps the gradients, and lends all of them to each call that
/// reads or writes values, in any order. The optimizer keeps the state of the
/// formula, for example the moments of Adam.
///
/// An optimizer may move to another thread, but one thread at a time may use
/// it.
///
/// ```
/// use simplernn::{Accumulation, Gradients, Linear, Loss, Optimizer};
/// use simplernn::{OptimizerKind, OptimizerOption, View, ViewMut};
///
/// let linear = Linear::<f32>::new(1, 1, true, 1)?;
/// let mut gradients = Gradients::of_linear(&linear)?;
/// let mut optimizer = Optimizer::new(OptimizerKind::Adam)?;
/// optimizer.set_real(None, OptimizerOption::LearningRate, 0.1)?;
/// optimizer.add(&gradients, "fc.")?;
///
/// let input = View::new(&[-1.0, 0.0, 1.0], &[3, 1])?;
/// let target = View::new(&[-1.0, 1.0, 3.0], &[3, 1])?; // 2 x + 1
/// let (mut y, mut d) = ([0.0; 3], [0.0; 3]);
/// for _ in 0..300 {
///     linear.forward(None, &input, &mut ViewMut::new(&mut y, &[3, 1])?)?;
///     Loss::squared_error(
///         Some(&mut ViewMut::new(&mut d, &[3, 1])?),
///         &View::new(&y, &[3, 1])?,
///         &target,
///         None,
///         0.0,
///     )?;
///     linear.backward(
///         None,
///         &input,
///         &View::new(&d, &[3, 1])?,
///         Accumulation::Set,
///         Some(&mut gradients),
///         None,
///     )?;
///     optimizer.step(&mut [&mut gradients])?;
/// }
/// let parameters = linear.flat()?;
/// assert!((parameters[0] - 2.0).abs() < 0.01);
/// assert!((parameters[1] - 1.0).abs() < 0.01);
/// # Ok::<(), simplernn::Error>(())
/// ```
#[derive(Debug)]
pub struct Optimizer<T: Real> {
    handle: Handle<sys::srnn_optimizer>,
    added: Vec<Added<T>>,
}

/// Gradients that were added.
#[derive(Debug)]
struct Added<T: Real> {
    /// The address of the object of C, which lasts as long as the optimizer.
    /// So no other gradients can get it.
    address: usize,
    /// What has their parameters lasts as long.
    owner: Owner<T>,
}

impl<T: Real> Optimizer<T> {
    /// Creates an optimizer without gradients.
    ///
    /// # Errors
    /// [`NoMemory`](crate::ErrorKind::NoMemory).
    pub fn new(kind: OptimizerKind) -> Result<Self> {
        // SAFETY: nothing has to last.
        let handle = Handle::create(|out| unsafe {
            sys::srnn_optimizer_create(out, kind.value())
        })?;
        let added = Vec::new();
        Ok(Optimizer { handle, added })
    }

    /// The formula; None if a newer library has given it.
    pub fn kind(&self) -> Option<OptimizerKind> {
        // SAFETY: the optimizer exists.
        OptimizerKind::of(unsafe { sys::srnn_optimizer_get_kind(self.get()) })
    }

    /// Adds the parameters of gradients, with the options that the optimizer
    /// has now. In checkpoints, their names begin with the prefix, for example
    /// `"rnn."`. The optimizer keeps the network or the layer alive.
    ///
    /// # Errors
    /// [`Invalid`](crate::ErrorKind::Invalid) if a name in checkpoints is
    /// there already or begins with `"optimizer."`, or the optimizer has these
    /// parameters already; [`State`](crate::ErrorKind::State) if the optimizer
    /// has made a step; [`NoMemory`](crate::ErrorKind::NoMemory).
    pub fn add(
        &mut self,
        gradients: &Gradients<T>,
        prefix: &str,
    ) -> Result<()> {
        let prefix = text::owned(prefix)?;
        // SAFETY: both objects exist, and the prefix ends with a NUL.
        check(unsafe {
            sys::srnn_optimizer_add(
                self.get(),
                gradients.get(),
                prefix.as_ptr(),
            )
        })?;
        self.added.push(Added {
            address: gradients.get() as usize,
            owner: gradients.owner().clone(),
        });
        Ok(())
    }

    /// Sets a real option of the parameters of these gradients, for the steps
    /// to come. None: of all that are in the optimizer, and of those that are
    /// added later.
    ///
    /// # Errors
    /// [`Invalid`](crate::ErrorKind::Invalid) if the kind has no such real
    /// option; [`NotFound`](crate::ErrorKind::NotFound) if the gradients were
    /// not added; [`Range`](crate::ErrorKind::Range) if the value is out of
    /// range.
    pub fn set_real(
        &mut self,
        gradients: Option<&Gradients<T>>,
        option: OptimizerOption,
        value: f64,
    ) -> Result<()> {
        // SAFETY: all objects exist.
        check(unsafe {
            sys::srnn_optimizer_set_real(
                self.get(),
                address(gradients),
                option.value(),
                value,
            )
        })
    }

    /// Reads a real option. None: the value that gradients get when they are
    /// added.
    ///
    /// # Errors
    /// As [`set_real`](Optimizer::set_real), except `Range`.
    pub fn get_real(
        &self,
        gradients: Option<&Gradients<T>>,
        option: OptimizerOption,
    ) -> Result<f64> {
        // SAFETY: all objects exist.
        read(|out| unsafe {
            sys::srnn_optimizer_get_real(
                out,
                self.get(),
                address(gradients),
                option.value(),
            )
        })
    }

    /// Sets an integer option, as [`set_real`](Optimizer::set_real).
    ///
    /// # Errors
    /// As [`set_real`](Optimizer::set_real);
    /// [`State`](crate::ErrorKind::State) if the option is read-only;
    /// [`Invalid`](crate::ErrorKind::Invalid) if it cannot differ between
    /// gradients and is set for some.
    pub fn set_int(
        &mut self,
        gradients: Option<&Gradients<T>>,
        option: OptimizerOption,
        value: impl Into<i64>,
    ) -> Result<()> {
        // SAFETY: all objects exist.
        check(unsafe {
            sys::srnn_optimizer_set_int(
                self.get(),
                address(gradients),
                option.value(),
                value.into(),
            )
        })
    }

    /// Reads an integer option, as [`get_real`](Optimizer::get_real).
    ///
    /// # Errors
    /// As [`set_int`](Optimizer::set_int), except `Range`.
    pub fn get_int(
        &self,
        gradients: Option<&Gradients<T>>,
        option: OptimizerOption,
    ) -> Result<i64> {
        // SAFETY: all objects exist.
        read(|out| unsafe {
            sys::srnn_optimizer_get_int(
                out,
                self.get(),
                address(gradients),
                option.value(),
            )
        })
    }

    /// Updates all parameters that are trained. The list has exactly the
    /// gradients that were added.
    ///
    /// # Errors
    /// [`Invalid`](crate::ErrorKind::Invalid) if the list has others;
    /// [`State`](crate::ErrorKind::State) if no gradients were added, or
    /// nesterov lacks what it needs;
    /// [`NotFinite`](crate::ErrorKind::NotFinite) if a gradient is NaN or
    /// infinite; [`Busy`](crate::ErrorKind::Busy) if another thread runs an
    /// object with parameters, or reads or writes them;
    /// [`InUse`](crate::ErrorKind::InUse) if a [`Cell`](crate::Cell) is a view
    /// of an rnn. Then nothing has changed.
    pub fn step(&mut self, gradients: &mut [&mut Gradients<T>]) -> Result<()> {
        self.check_list(gradients.iter().map(|one| &**one))?;
        let _writing = self.writing()?;
        // SAFETY: the optimizer exists. This call alone uses the gradients, and
        // nobody reads the parameters.
        check(unsafe { sys::srnn_optimizer_step(self.get()) })
    }

    /// Fails if a list does not have exactly the gradients that were added. A
    /// call that reads or writes values may use only what it has borrowed.
    pub(crate) fn check_list<'a>(
        &self,
        list: impl ExactSizeIterator<Item = &'a Gradients<T>>,
    ) -> Result<()> {
        let list: Vec<_> = list.map(|one| one.get() as usize).collect();
        let has_all = self.added.iter().all(|one| list.contains(&one.address));
        if has_all && list.len() == self.added.len() {
            return Ok(());
        }
        let text = format!(
            "the list has {} gradients; it needs exactly the {} that were \
             added to the optimizer",
            list.len(),
            self.added.len()
        );
        Err(Error::new(sys::SRNN_ERROR_INVALID, text))
    }

    /// What has parameters that other threads may use.
    pub(crate) fn shared(&self) -> impl Iterator<Item = &Parameters> {
        self.added.iter().filter_map(|one| one.owner.parameters())
    }

    /// Keeps readers and other writers of all parameters out, or fails.
    pub(crate) fn writing(&self) -> Result<Vec<RwLockWriteGuard<'_, ()>>> {
        self.shared().map(Parameters::writing).collect()
    }

    pub(crate) fn get(&self) -> *mut sys::srnn_optimizer {
        self.handle.get()
    }
}

fn address<T: Real>(
    gradients: Option<&Gradients<T>>,
) -> *const sys::srnn_gradients {
    gradients.map_or(ptr::null(), |one| one.get())
}
