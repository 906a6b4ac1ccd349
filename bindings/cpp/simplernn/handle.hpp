// SPDX-License-Identifier: MIT
// Who owns a handle of C, and who borrows it.
#ifndef SIMPLERNN_HANDLE_HPP
#define SIMPLERNN_HANDLE_HPP

#include <utility>

#include "result.hpp"

namespace simplernn::detail {

// Keeps a handle. Classes of functions derive from it, and owners and
// references from those. It cannot be copied: with a copy of this part of an
// owner, two owners would free one handle.
template <class Handle> class holder {
  public:
    holder(const holder &) = delete;
    holder &operator=(const holder &) = delete;
    Handle *get() const noexcept { return handle_; }

  protected:
    explicit holder(Handle *handle) noexcept : handle_(handle) {}
    ~holder() = default;
    // Returns the handle before.
    Handle *exchange(Handle *handle) noexcept
    {
        return std::exchange(handle_, handle);
    }

  private:
    Handle *handle_;
};

// Borrows a handle, and has the functions of Base. Converts from the handle,
// from nullptr, and from all objects with these functions.
template <class Handle, class Base> class reference : public Base {
  public:
    reference(Handle *handle = nullptr) noexcept : Base(handle) {}
    reference(const Base &object) noexcept : Base(object.get()) {}
    reference(const reference &other) noexcept : Base(other.get()) {}
    reference &operator=(const reference &other) noexcept
    {
        Base::exchange(other.get());
        return *this;
    }
};

// Owns a handle, as std::unique_ptr does, and has the functions of Base, which
// may be those of a handle of const. Only whole objects move: another class
// with this base may keep something else beside its handle.
template <class Handle, void (*destroy)(Handle *), class Base = holder<Handle>>
class owner : public Base {
  public:
    using handle = Handle;

    /// Takes over a handle of C.
    explicit owner(Handle *owned = nullptr) noexcept : Base(owned) {}
    Handle *get() const noexcept { return const_cast<Handle *>(Base::get()); }
    /// Gives up the handle, which the caller then frees.
    Handle *release() noexcept
    {
        return const_cast<Handle *>(Base::exchange(nullptr));
    }

  protected:
    owner(owner &&other) noexcept : Base(other.release()) {}
    owner &operator=(owner &&other) noexcept
    {
        Handle *const taken = other.release(); // first, if other is *this
        destroy(release());
        Base::exchange(taken);
        return *this;
    }
    ~owner() { destroy(get()); }
};

// Calls create(&handle, arguments...).
template <class Object, class Create, class... Arguments>
result<Object> make(Create create, Arguments... arguments) noexcept
{
    typename Object::handle *handle = nullptr;
    const result<void> outcome = create(&handle, arguments...);
    return {outcome, Object(handle)};
}

// Calls get(&value, arguments...).
template <class Value, class Get, class... Arguments>
result<Value> get(Get get, Arguments... arguments) noexcept
{
    Value value{};
    const result<void> outcome = get(&value, arguments...);
    return {outcome, value};
}

} // namespace simplernn::detail

#endif
