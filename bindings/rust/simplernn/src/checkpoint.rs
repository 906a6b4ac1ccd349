// SPDX-License-Identifier: MIT
//! Saves all that training needs to go on.

use simplernn_sys as sys;
use std::path::Path;

use crate::element::{int, Element, Real};
use crate::error::{check, Result};
use crate::gradients::Gradients;
use crate::lock::Parameters;
use crate::optimizer::Optimizer;
use crate::text::{self, Labels};
use crate::view::View;
use crate::weights::Weights;

mod sealed {
    use simplernn_sys as sys;

    pub trait Sealed {
        fn tensor(&self) -> *const sys::srnn_tensor;
    }
}

/// A [`View`] with elements of any type.
pub trait AnyView: sealed::Sealed {}

impl<T: Element> sealed::Sealed for View<'_, T> {
    fn tensor(&self) -> *const sys::srnn_tensor {
        self.get()
    }
}

impl<T: Element> AnyView for View<'_, T> {}

impl<T: Real> Optimizer<T> {
    /// Saves a checkpoint: one safetensors file with the values of all
    /// parameters, the state of the optimizer, and tensors and texts of the
    /// program. A file at the path is replaced in one step.
    ///
    /// The parameters have their names after the prefix of
    /// [`add`](Optimizer::add), so that
    /// [`Rnn::from_weights`](crate::Rnn::from_weights),
    /// [`Linear::from_weights`](crate::Linear::from_weights) and PyTorch read
    /// the models as they are.
    ///
    /// * gradients: exactly those that were added.
    /// * tensors: with their names, for example carried states and the place in
    ///   the data.
    /// * metadata: texts under keys.
    ///
    /// ```no_run
    /// # use simplernn::{Gradients, Options, Optimizer, OptimizerKind, Rnn};
    /// # use simplernn::{View, Weights};
    /// # let rnn = Rnn::<f32>::new(3, 4, &Options::new(), 1)?;
    /// # let mut gradients = Gradients::new(&rnn)?;
    /// # let mut optimizer = Optimizer::new(OptimizerKind::Adam)?;
    /// # optimizer.add(&gradients, "rnn.")?;
    /// let place = View::new(&[1200_i64], &[1])?;
    /// optimizer.save(
    ///     "training.safetensors",
    ///     &[&gradients],
    ///     &[("place", &place)],
    ///     &[("data", "speech")],
    /// )?;
    ///
    /// let checkpoint = Weights::open("training.safetensors")?;
    /// optimizer.load(&checkpoint, &mut [&mut gradients])?;
    /// let place = checkpoint.read("place")?.data::<i64>().unwrap()[0];
    /// # Ok::<(), simplernn::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Invalid`](crate::ErrorKind::Invalid) if the list has other gradients,
    /// or a name or a key is taken or occurs twice;
    /// [`State`](crate::ErrorKind::State) if no gradients were added;
    /// [`Io`](crate::ErrorKind::Io) if writing failed;
    /// [`Range`](crate::ErrorKind::Range) if the header becomes larger than
    /// 4 MiB; [`Overflow`](crate::ErrorKind::Overflow);
    /// [`NoMemory`](crate::ErrorKind::NoMemory).
    pub fn save(
        &self,
        path: impl AsRef<Path>,
        gradients: &[&Gradients<T>],
        tensors: &[(&str, &dyn AnyView)],
        metadata: &[(&str, &str)],
    ) -> Result<()> {
        self.check_list(gradients.iter().copied())?;
        let path = text::path(path.as_ref())?;
        let labels = Labels::new("", metadata)?;
        let names = tensors
            .iter()
            .map(|(name, _)| text::owned(name))
            .collect::<Result<Vec<_>>>()?;
        let names: Vec<_> = names.iter().map(|name| name.as_ptr()).collect();
        let tensors: Vec<_> =
            tensors.iter().map(|(_, view)| view.tensor()).collect();
        let _reading: Vec<_> = self.shared().map(Parameters::reading).collect();
        // SAFETY: all objects exist, and nobody writes parameters or tensors.
        // All texts end with a NUL.
        check(unsafe {
            sys::srnn_optimizer_save(
                self.get(),
                path.as_ptr(),
                names.as_ptr(),
                tensors.as_ptr(),
                int(tensors.len()),
                labels.metadata(),
            )
        })
    }

    /// Continues from a checkpoint, with the same bits as if training had never
    /// stopped. The optimizer has the same kind as the one that was saved, and
    /// gradients of the same parameters under the same prefixes.
    ///
    /// A function of [`Weights::from_reader`] must not read these parameters
    /// during the call, because readers wait for its end.
    ///
    /// # Errors
    /// [`Invalid`](crate::ErrorKind::Invalid) if the list has other gradients
    /// than those that were added;
    /// [`State`](crate::ErrorKind::State) if no gradients were added, or the
    /// checkpoint is of another kind; [`NotFound`](crate::ErrorKind::NotFound)
    /// if the file lacks something, or is no checkpoint;
    /// [`Shape`](crate::ErrorKind::Shape), [`Dtype`](crate::ErrorKind::Dtype),
    /// [`Range`](crate::ErrorKind::Range) or
    /// [`Format`](crate::ErrorKind::Format) if what is there does not fit;
    /// [`Io`](crate::ErrorKind::Io) if reading failed;
    /// [`Busy`](crate::ErrorKind::Busy) and [`InUse`](crate::ErrorKind::InUse)
    /// as for [`step`](Optimizer::step);
    /// [`NoMemory`](crate::ErrorKind::NoMemory). Then nothing has changed.
    ///
    /// # Panics
    /// If the function of [`Weights::from_reader`] panics.
    pub fn load(
        &mut self,
        weights: &Weights<'_>,
        gradients: &mut [&mut Gradients<T>],
    ) -> Result<()> {
        self.check_list(gradients.iter().map(|one| &**one))?;
        let writing = self.writing()?;
        // SAFETY: all objects exist. This call alone uses the gradients, and
        // nobody reads the parameters.
        let status =
            unsafe { sys::srnn_optimizer_load(self.get(), weights.get()) };
        drop(writing); // A panic of a callback would poison the locks.
        check(status)
    }
}
