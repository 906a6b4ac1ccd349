// SPDX-License-Identifier: MIT
//! Safetensors files.

use simplernn_sys as sys;
use std::fmt;
use std::io;
use std::marker::PhantomData;
use std::os::raw::c_void;
use std::path::Path;
use std::slice;
use std::sync::Arc;

use crate::callback;
use crate::element::{int, sizes};
use crate::error::Result;
use crate::handle::Handle;
use crate::tensor::Tensor;
use crate::text;

/// An open safetensors file. Any number of threads may use it at once.
///
/// Its header was checked when it was opened. Values are read when they are
/// asked for, by [`Rnn::from_weights`](crate::Rnn::from_weights) or
/// [`read`](Weights::read).
pub struct Weights<'a> {
    handle: Handle<sys::srnn_weights>,
    /// The closure that the library reads with.
    _read: Option<Arc<dyn Send + Sync + 'a>>,
    _bytes: PhantomData<&'a [u8]>,
}

impl Weights<'static> {
    /// Opens a file, which stays open.
    ///
    /// ```no_run
    /// let weights = simplernn::Weights::open("model.safetensors")?;
    /// # Ok::<(), simplernn::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Io`](crate::ErrorKind::Io) if the file cannot be read;
    /// [`Format`](crate::ErrorKind::Format) if it is not valid;
    /// [`Range`](crate::ErrorKind::Range) if its header is larger than 4 MiB;
    /// [`NoMemory`](crate::ErrorKind::NoMemory).
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = text::path(path.as_ref())?;
        // SAFETY: the path ends with a NUL.
        let handle = Handle::create(|out| unsafe {
            sys::srnn_weights_open(out, path.as_ptr())
        })?;
        Ok(Weights::of(handle, None))
    }
}

impl<'a> Weights<'a> {
    fn of(
        handle: Handle<sys::srnn_weights>,
        read: Option<Arc<dyn Send + Sync + 'a>>,
    ) -> Self {
        Weights {
            handle,
            _read: read,
            _bytes: PhantomData,
        }
    }

    /// Opens a file that is in memory, without a copy.
    ///
    /// ```
    /// use simplernn::{ErrorKind, Weights};
    ///
    /// let error = Weights::from_bytes(b"no weights").unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::Format);
    /// ```
    ///
    /// # Errors
    /// As [`open`](Weights::open), except `Io`.
    pub fn from_bytes(bytes: &'a [u8]) -> Result<Self> {
        // SAFETY: the bytes last for 'a, and nobody writes them.
        let handle = Handle::create(|out| unsafe {
            sys::srnn_weights_open_memory(
                out,
                bytes.as_ptr().cast(),
                bytes.len(),
            )
        })?;
        Ok(Weights::of(handle, None))
    }

    /// Opens a file of `size` bytes that a function reads: it fills the slice
    /// with the bytes from an offset on. If several threads use the weights,
    /// it runs on all of them.
    ///
    /// ```no_run
    /// use std::os::unix::fs::FileExt;
    ///
    /// let file = std::fs::File::open("model.safetensors")?;
    /// let size = file.metadata()?.len();
    /// let weights = simplernn::Weights::from_reader(size, |offset, target| {
    ///     file.read_exact_at(target, offset)
    /// })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`open`](Weights::open). If the function fails, this call and later
    /// ones fail with [`Io`](crate::ErrorKind::Io), and the error of the
    /// function is the source.
    ///
    /// # Panics
    /// If the function panics, the call that needs it panics likewise.
    pub fn from_reader<F>(size: u64, read: F) -> Result<Self>
    where
        F: Fn(u64, &mut [u8]) -> io::Result<()> + Send + Sync + 'a,
    {
        let read = Arc::new(read);
        let user = Arc::as_ptr(&read) as *mut c_void;
        let size = i64::try_from(size).unwrap_or(i64::MAX);
        // SAFETY: the closure lasts as long as the weights.
        let handle = Handle::create(|out| unsafe {
            sys::srnn_weights_open_callback(
                out,
                Some(read_with::<F>),
                user,
                size,
            )
        })?;
        Ok(Weights::of(handle, Some(read)))
    }

    /// The number of tensors in the file.
    pub fn len(&self) -> usize {
        // SAFETY: the weights exist.
        unsafe { sys::srnn_weights_count(self.get()) as usize }
    }

    /// Whether the file has no tensor.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The tensors of the file, in byte order of their names.
    ///
    /// ```
    /// # let mut file = Vec::new();
    /// # use simplernn::{Options, Rnn};
    /// # let rnn = Rnn::<f32>::new(3, 4, &Options::new(), 1)?;
    /// # rnn.save_to(&mut file, "", &[])?;
    /// let weights = simplernn::Weights::from_bytes(&file)?;
    /// for entry in weights.entries() {
    ///     println!("{} {} {:?}", entry.name, entry.element, entry.shape);
    /// }
    /// assert_eq!(weights.entries().next().unwrap().name, "bias_hh_l0");
    /// # Ok::<(), simplernn::Error>(())
    /// ```
    pub fn entries(&self) -> impl Iterator<Item = Entry<'_>> + '_ {
        (0..int(self.len())).map(move |index| {
            let weights = self.get();
            // SAFETY: the weights have the index, and what they lend lasts as
            // long as they do.
            unsafe {
                let rank = sys::srnn_weights_rank(weights, index);
                Entry {
                    name: text::borrow(sys::srnn_weights_name(weights, index)),
                    element: text::borrow(sys::srnn_weights_type(
                        weights, index,
                    )),
                    shape: sizes(sys::srnn_weights_shape(weights, index), rank),
                }
            }
        })
    }

    /// The value of a key of the metadata; None if there is no such key.
    pub fn metadata(&self, key: &str) -> Option<&str> {
        let key = text::owned(key).ok()?;
        // SAFETY: the value lasts as long as the weights.
        unsafe {
            text::borrow_if_any(sys::srnn_weights_metadata(
                self.get(),
                key.as_ptr(),
            ))
        }
    }

    /// The keys of the metadata, in byte order.
    ///
    /// ```
    /// # let mut file = Vec::new();
    /// # use simplernn::{Options, Rnn};
    /// # Rnn::<f32>::new(3, 4, &Options::new(), 1)?
    /// #     .save_to(&mut file, "", &[("author", "me")])?;
    /// let weights = simplernn::Weights::from_bytes(&file)?;
    /// assert!(weights.metadata_keys().any(|key| key == "author"));
    /// assert_eq!(weights.metadata("author"), Some("me"));
    /// # Ok::<(), simplernn::Error>(())
    /// ```
    pub fn metadata_keys(&self) -> impl Iterator<Item = &str> + '_ {
        // SAFETY: a key lasts as long as the weights.
        (0..).map_while(move |index| unsafe {
            text::borrow_if_any(sys::srnn_weights_metadata_key(
                self.get(),
                index,
            ))
        })
    }

    /// Reads a tensor. `F64` becomes `f64`; `F32`, `F16` and `BF16` become
    /// `f32`; `I64` becomes `i64`; `U8` and `BOOL` become `u8`.
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound) if no tensor has that name;
    /// [`Dtype`](crate::ErrorKind::Dtype) if it has another element type;
    /// [`Io`](crate::ErrorKind::Io) if reading failed;
    /// [`NoMemory`](crate::ErrorKind::NoMemory).
    ///
    /// # Panics
    /// If the function of [`from_reader`](Weights::from_reader) panics.
    pub fn read(&self, name: &str) -> Result<Tensor> {
        let name = text::owned(name)?;
        // SAFETY: the weights exist, and the name ends with a NUL.
        let handle = Handle::create(|out| unsafe {
            sys::srnn_weights_read_tensor(out, self.get(), name.as_ptr())
        })?;
        Ok(Tensor::of(handle))
    }

    pub(crate) fn get(&self) -> *const sys::srnn_weights {
        self.handle.get()
    }
}

impl fmt::Debug for Weights<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.entries()).finish()
    }
}

/// A tensor in a file, without its values.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its element type as the file names it, for example `"BF16"`.
    pub element: &'a str,
    /// Its shape, in C order.
    pub shape: Vec<usize>,
}

/// # Safety
/// `user` is an F, and `target` has `size` bytes.
unsafe extern "C" fn read_with<F>(
    user: *mut c_void,
    offset: i64,
    target: *mut c_void,
    size: usize,
) -> i64
where
    F: Fn(u64, &mut [u8]) -> io::Result<()>,
{
    let read = &*(user as *const F);
    // A slice may not have bytes that were never written.
    target.cast::<u8>().write_bytes(0, size);
    let target = slice::from_raw_parts_mut(target.cast(), size);
    callback::run(size, || read(offset as u64, target))
}
