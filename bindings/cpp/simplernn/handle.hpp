// SPDX-License-Identifier: MIT
// Who owns a handle of C, and who borrows it.
#ifndef SIMPLERNN_HANDLE_HPP
#define SIMPLERNN_HANDLE_HPP

#include "result.hpp"

namespace simplernn::detail {

// Borrows a handle. Converts from it, and from nullptr.
template <class Handle> class reference {
  public:
    reference(Handle *handle = nullptr) noexcept : handle_(handle) {}
    Handle *get() const noexcept { return handle_; }

  private:
    Handle *handle_;
};

// Owns a handle, as std::unique_ptr does, and is a Base, which borrows it. Base
// may borrow a handle of const for its own functions.
template <class Handle, void (*destroy)(Handle *),
          class Base = reference<Handle>>
class owner : public Base {
  public:
    using handle = Handle;

    /// Takes over a handle of C.
    explicit owner(Handle *owned = nullptr) noexcept : Base(owned) {}
    owner(owner &&other) noexcept : Base(other.release()) {}
    owner &operator=(owner &&other) noexcept
    {
        owner moved(std::move(other));
        std::swap<Base>(*this, moved);
        return *this;
    }
    ~owner() { destroy(get()); }

    Handle *get() const noexcept { return const_cast<Handle *>(Base::get()); }
    /// Gives up the handle, which the caller then frees.
    Handle *release() noexcept
    {
        Handle *const released = get();
        static_cast<Base &>(*this) = Base();
        return released;
    }
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
