// SPDX-License-Identifier: MIT
//! Slices with a shape and strides.

use simplernn_sys as sys;
use std::marker::PhantomData;
use std::{ptr, slice};

use crate::element::{int, Element};
use crate::error::{Error, Result};
use crate::handle::Handle;

/// A slice with a shape, which the library reads.
///
/// Shapes are in C order, as in PyTorch. Making a view allocates a handle,
/// which takes longer than checking it: a program that runs many small calls
/// keeps its views, or uses
/// [`forward_contiguous`](crate::Context::forward_contiguous).
///
/// ```
/// use simplernn::{ErrorKind, View};
///
/// let x = [0.0_f32; 6];
/// let view = View::new(&x, &[2, 3])?;
/// let error = View::new(&x, &[2, 4]).unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::Shape);
/// assert_eq!(error.to_string(), "the slice has 6 elements, but [2, 4] has 8");
/// # Ok::<(), simplernn::Error>(())
/// ```
#[derive(Debug)]
pub struct View<'a, T: Element> {
    tensor: Handle<sys::srnn_tensor>,
    data: PhantomData<&'a [T]>,
}

/// A slice with a shape, which the library writes.
///
/// ```
/// use simplernn::ViewMut;
///
/// let mut y = [0.0_f32; 6];
/// let mut view = ViewMut::new(&mut y, &[2, 3])?;
/// view.data_mut()[0] = 1.0;
/// drop(view);
/// assert_eq!(y[0], 1.0);
/// # Ok::<(), simplernn::Error>(())
/// ```
#[derive(Debug)]
pub struct ViewMut<'a, T: Element> {
    tensor: Handle<sys::srnn_tensor>,
    offset: usize,
    len: usize,
    data: PhantomData<&'a mut [T]>,
}

impl<'a, T: Element> View<'a, T> {
    /// A contiguous view of the whole slice.
    ///
    /// # Errors
    /// [`Shape`](crate::ErrorKind::Shape) if the shape has another number of
    /// elements than the slice; [`Range`](crate::ErrorKind::Range) if it has
    /// more than 8 dimensions; [`Overflow`](crate::ErrorKind::Overflow) if its
    /// size does not fit in 63 bits;
    /// [`NoMemory`](crate::ErrorKind::NoMemory).
    pub fn new(data: &'a [T], shape: &[usize]) -> Result<Self> {
        check_size(data.len(), shape)?;
        View::wrap(data, 0, shape, None)
    }

    /// A view of a part of the slice. Element `[i, j, ...]` of the view is the
    /// element `offset + i * strides[0] + j * strides[1] + ...` of the slice.
    /// Strides may be negative, 0 (one element repeated) or overlap (sliding
    /// windows).
    ///
    /// ```
    /// use simplernn::View;
    ///
    /// let signal = [0.0_f32; 10];
    /// let windows = View::strided(&signal, 0, &[7, 1, 4], &[1, 0, 1])?;
    /// assert!(View::strided(&signal, 0, &[8, 1, 4], &[1, 0, 1]).is_err());
    /// # Ok::<(), simplernn::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`new`](View::new); [`Shape`](crate::ErrorKind::Shape) if an element
    /// is outside of the slice, or there is not one stride for each size.
    pub fn strided(
        data: &'a [T],
        offset: usize,
        shape: &[usize],
        strides: &[isize],
    ) -> Result<Self> {
        let offset = check_inside(data.len(), offset, shape, strides)?;
        View::wrap(data, offset, shape, Some(strides))
    }

    fn wrap(
        data: &'a [T],
        offset: usize,
        shape: &[usize],
        strides: Option<&[isize]>,
    ) -> Result<Self> {
        // SAFETY: the elements are inside of the slice, which lasts for 'a.
        let tensor = unsafe {
            let first = data.as_ptr().add(offset).cast();
            let wrap = sys::srnn_tensor_wrap_const;
            make(wrap, first, T::DTYPE, shape, strides)?
        };
        Ok(View {
            tensor,
            data: PhantomData,
        })
    }

    pub(crate) fn get(&self) -> *const sys::srnn_tensor {
        self.tensor.get()
    }
}

impl<'a, T: Element> ViewMut<'a, T> {
    /// A contiguous view of the whole slice.
    ///
    /// # Errors
    /// As [`View::new`].
    pub fn new(data: &'a mut [T], shape: &[usize]) -> Result<Self> {
        check_size(data.len(), shape)?;
        ViewMut::wrap(data, 0, shape, None)
    }

    /// A view of a part of the slice, as [`View::strided`].
    ///
    /// # Errors
    /// As [`View::strided`]; [`Invalid`](crate::ErrorKind::Invalid) if two
    /// elements share memory.
    pub fn strided(
        data: &'a mut [T],
        offset: usize,
        shape: &[usize],
        strides: &[isize],
    ) -> Result<Self> {
        let offset = check_inside(data.len(), offset, shape, strides)?;
        ViewMut::wrap(data, offset, shape, Some(strides))
    }

    fn wrap(
        data: &'a mut [T],
        offset: usize,
        shape: &[usize],
        strides: Option<&[isize]>,
    ) -> Result<Self> {
        // SAFETY: the elements are inside of the slice, which this view alone
        // may use for 'a.
        let tensor = unsafe {
            let first = data.as_mut_ptr().add(offset).cast();
            make(sys::srnn_tensor_wrap, first, T::DTYPE, shape, strides)?
        };
        Ok(ViewMut {
            tensor,
            offset,
            len: data.len(),
            data: PhantomData,
        })
    }

    /// The slice under the view.
    pub fn data(&self) -> &[T] {
        // SAFETY: the start and the length of the slice of the view.
        unsafe { slice::from_raw_parts(self.start(), self.len) }
    }

    /// The slice under the view, to write to.
    pub fn data_mut(&mut self) -> &mut [T] {
        // SAFETY: the start and the length of the slice of the view.
        unsafe { slice::from_raw_parts_mut(self.start(), self.len) }
    }

    /// The pointers to the slice all come from the tensor, so that using one
    /// does not end the life of another.
    fn start(&self) -> *mut T {
        // SAFETY: the element with index 0 is at the offset in the slice.
        unsafe {
            let first: *mut T = sys::srnn_tensor_data(self.tensor.get()).cast();
            first.sub(self.offset)
        }
    }

    pub(crate) fn get(&mut self) -> *mut sys::srnn_tensor {
        self.tensor.get()
    }
}

/// The tensor of an argument that may be absent.
pub(crate) fn get<T: Element>(
    view: Option<&View<'_, T>>,
) -> *const sys::srnn_tensor {
    view.map_or(ptr::null(), View::get)
}

/// The tensor of a result that may be absent.
pub(crate) fn get_mut<T: Element>(
    view: Option<&mut ViewMut<'_, T>>,
) -> *mut sys::srnn_tensor {
    view.map_or(ptr::null_mut(), ViewMut::get)
}

/// `srnn_tensor_wrap` or `srnn_tensor_wrap_const`, whose address is a P.
type Wrap<P> = unsafe extern "C" fn(
    *mut *mut sys::srnn_tensor,
    P,
    sys::srnn_dtype,
    i32,
    *const i64,
    *const i64,
) -> sys::srnn_status;

/// # Safety
/// The elements must lie in memory that the tensor may use as long as it lasts.
unsafe fn make<P>(
    wrap: Wrap<P>,
    first: P,
    dtype: sys::srnn_dtype,
    shape: &[usize],
    strides: Option<&[isize]>,
) -> Result<Handle<sys::srnn_tensor>> {
    let rank = i32::try_from(shape.len()).unwrap_or(i32::MAX);
    let shape: Vec<_> = shape.iter().map(|&size| int(size)).collect();
    let strides: Option<Vec<_>> =
        strides.map(|list| list.iter().map(|&stride| stride as i64).collect());
    let strides = strides.as_deref().map_or(ptr::null(), <[i64]>::as_ptr);
    Handle::create(|out| wrap(out, first, dtype, rank, shape.as_ptr(), strides))
}

fn fail<T>(text: String) -> Result<T> {
    Err(Error::new(sys::SRNN_ERROR_SHAPE, text))
}

fn check_size(len: usize, shape: &[usize]) -> Result<()> {
    let size = if shape.contains(&0) {
        Some(0)
    } else {
        shape
            .iter()
            .try_fold(1_usize, |product, &size| product.checked_mul(size))
    };
    match size {
        Some(size) if size == len => Ok(()),
        Some(size) => fail(format!(
            "the slice has {} elements, but {:?} has {}",
            len, shape, size
        )),
        None => fail(format!(
            "the slice has {} elements, but {:?} has more",
            len, shape
        )),
    }
}

/// Returns the offset of the element with index 0; 0 if there is no element.
fn check_inside(
    len: usize,
    offset: usize,
    shape: &[usize],
    strides: &[isize],
) -> Result<usize> {
    if strides.len() != shape.len() {
        return fail(format!(
            "the view has {} sizes, but {} strides",
            shape.len(),
            strides.len()
        ));
    }
    if shape.contains(&0) {
        return Ok(0);
    }
    match range_of(offset, shape, strides) {
        Some((lowest, highest)) if lowest >= 0 && highest < len as i128 => {
            Ok(offset)
        }
        _ => fail(format!(
            "the slice has {} elements, but a view of {:?} with strides {:?} \
             from element {} needs others",
            len, shape, strides, offset
        )),
    }
}

/// The lowest and the highest element of a view; None if they do not fit.
fn range_of(
    offset: usize,
    shape: &[usize],
    strides: &[isize],
) -> Option<(i128, i128)> {
    let mut range = (offset as i128, offset as i128);
    for (&size, &stride) in shape.iter().zip(strides) {
        let last = (size as i128 - 1).checked_mul(stride as i128)?;
        let end = if last < 0 { &mut range.0 } else { &mut range.1 };
        *end = end.checked_add(last)?;
    }
    Some(range)
}
