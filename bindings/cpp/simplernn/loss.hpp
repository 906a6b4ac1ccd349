// SPDX-License-Identifier: MIT
// Losses and their gradients: loss.
#ifndef SIMPLERNN_LOSS_HPP
#define SIMPLERNN_LOSS_HPP

#include "tensor.hpp"

namespace simplernn {

/// A loss of a batch, as a sum over all that counts. Add the sums and the
/// counts of several batches for the loss of all of them.
///
/// The functions also compute d_logits or d_output, the gradient of
/// sum / divisor, unless it is nullptr. A divisor of 0 stands for the count, so
/// the gradient is that of the mean.
struct loss {
    double sum = 0;
    std::int64_t count = 0;
    /// NaN if nothing counts, as in PyTorch.
    double mean() const noexcept { return sum / static_cast<double>(count); }

    /// Softmax cross-entropy: logits [...,C], targets std::int64_t [...], each
    /// a class or SRNN_IGNORE_INDEX.
    static loss cross_entropy(tensor_ref d_logits, const_tensor_ref logits,
                              const_tensor_ref targets, double divisor = 0)
    {
        return try_cross_entropy(d_logits, logits, targets, divisor).value();
    }
    static result<loss> try_cross_entropy(tensor_ref d_logits,
                                          const_tensor_ref logits,
                                          const_tensor_ref targets,
                                          double divisor = 0) noexcept;
    /// Squared error: output and target [...,C], counted std::uint8_t [...],
    /// with 0 for each row that does not count.
    static loss squared_error(tensor_ref d_output, const_tensor_ref output,
                              const_tensor_ref target,
                              const_tensor_ref counted = nullptr,
                              double divisor = 0)
    {
        return try_squared_error(d_output, output, target, counted, divisor)
            .value();
    }
    static result<loss> try_squared_error(tensor_ref d_output,
                                          const_tensor_ref output,
                                          const_tensor_ref target,
                                          const_tensor_ref counted = nullptr,
                                          double divisor = 0) noexcept;
};

inline result<loss> loss::try_cross_entropy(tensor_ref d_logits,
                                            const_tensor_ref logits,
                                            const_tensor_ref targets,
                                            double divisor) noexcept
{
    loss found;
    const result<void> outcome =
        srnn_loss_cross_entropy(&found.sum, &found.count, d_logits.get(),
                                logits.get(), targets.get(), divisor);
    return {outcome, found};
}

inline result<loss> loss::try_squared_error(tensor_ref d_output,
                                            const_tensor_ref output,
                                            const_tensor_ref target,
                                            const_tensor_ref counted,
                                            double divisor) noexcept
{
    loss found;
    const result<void> outcome = srnn_loss_squared_error(
        &found.sum, &found.count, d_output.get(), output.get(), target.get(),
        counted.get(), divisor);
    return {outcome, found};
}

} // namespace simplernn

#endif
