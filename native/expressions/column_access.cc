// Typed access to Vectors: what need not be inline.
#include "expressions/column_access.h"

#include <arrow/array/util.h>
#include <arrow/memory_pool.h>
#include <arrow/util/bitmap_ops.h>

#include <limits>

namespace sabot {

arrow::Result<Validity> IntersectValidity(std::span<const Vector> args,
                                          std::span<const bool> strict, int64_t length) {
  Validity validity;
  for (size_t i = 0; i < args.size(); ++i) {
    if (!strict.empty() && !strict[i]) continue;
    const arrow::ArrayData& data = *args[i].array->data();
    if (data.type->id() == arrow::Type::NA) {
      validity.none = true;
    } else if (!data.MayHaveNulls()) {
      continue;
    } else if (args[i].constant) {
      validity.none = args[i].array->IsNull(0);
    } else if (validity.bits != nullptr) {
      ARROW_ASSIGN_OR_RAISE(validity.bits, arrow::internal::BitmapAnd(
                                               arrow::default_memory_pool(), validity.data(), 0,
                                               data.buffers[0]->data(), data.offset, length, 0));
    } else if (data.offset == 0) {
      validity.bits = data.buffers[0];
    } else {
      ARROW_ASSIGN_OR_RAISE(
          validity.bits, arrow::internal::CopyBitmap(arrow::default_memory_pool(),
                                                     data.buffers[0]->data(), data.offset, length));
    }
    if (validity.none) {
      validity.bits.reset();
      return validity;
    }
  }
  return validity;
}

arrow::Status ResultNulls::MakeMutable() {
  const int64_t size = arrow::bit_util::BytesForBits(length_);
  ARROW_ASSIGN_OR_RAISE(std::shared_ptr<arrow::Buffer> copy, arrow::AllocateBuffer(size));
  mutable_bits_ = copy->mutable_data();
  if (validity_.bits == nullptr) {
    std::memset(mutable_bits_, 0xFF, static_cast<size_t>(size));
  } else {
    std::memcpy(mutable_bits_, validity_.bits->data(), static_cast<size_t>(size));
  }
  validity_.bits = std::move(copy);
  return arrow::Status::OK();
}

template <typename T>
arrow::Result<FixedWriter<T>> FixedWriter<T>::Make(int64_t length) {
  const bool bits = std::is_same_v<T, bool>;
  const int64_t size =
      bits ? arrow::bit_util::BytesForBits(length) : length * static_cast<int64_t>(sizeof(T));
  ARROW_ASSIGN_OR_RAISE(std::shared_ptr<arrow::Buffer> buffer, arrow::AllocateBuffer(size));
  if (bits && size > 0) std::memset(buffer->mutable_data(), 0, static_cast<size_t>(size));
  return FixedWriter(std::move(buffer), length);
}

template <typename T>
ArrayPtr FixedWriter<T>::Finish(const std::shared_ptr<arrow::DataType>& type,
                                std::shared_ptr<arrow::Buffer> validity) {
  const int64_t nulls = validity == nullptr ? 0 : arrow::kUnknownNullCount;
  return arrow::MakeArray(
      arrow::ArrayData::Make(type, length_, {std::move(validity), std::move(buffer_)}, nulls));
}

template class FixedWriter<bool>;
template class FixedWriter<int8_t>;
template class FixedWriter<int16_t>;
template class FixedWriter<int32_t>;
template class FixedWriter<int64_t>;
template class FixedWriter<float>;
template class FixedWriter<double>;
template class FixedWriter<Int128>;

arrow::Result<TextWriter> TextWriter::Make(int64_t length, int64_t bytes_expected) {
  TextWriter writer;
  ARROW_ASSIGN_OR_RAISE(
      writer.offsets_, arrow::AllocateBuffer((length + 1) * static_cast<int64_t>(sizeof(int32_t))));
  ARROW_ASSIGN_OR_RAISE(writer.bytes_, arrow::AllocateResizableBuffer(bytes_expected + 64));
  writer.data_ = reinterpret_cast<char*>(writer.bytes_->mutable_data());
  writer.capacity_ = static_cast<size_t>(writer.bytes_->size());
  writer.offset_ = reinterpret_cast<int32_t*>(writer.offsets_->mutable_data());
  *writer.offset_ = 0;
  writer.length_ = length;
  return writer;
}

void TextWriter::MakeRoom(size_t size) {
  capacity_ = (capacity_ + size) * 2;
  // Out of memory is not survivable here: the memory budget is kept above the expressions.
  SABOT_CHECK(bytes_->Resize(static_cast<int64_t>(capacity_), false).ok());
  data_ = reinterpret_cast<char*>(bytes_->mutable_data());
}

arrow::Result<ArrayPtr> TextWriter::Finish(const std::shared_ptr<arrow::DataType>& type,
                                           std::shared_ptr<arrow::Buffer> validity) {
  if (size_ > static_cast<size_t>(std::numeric_limits<int32_t>::max())) {
    return arrow::Status::CapacityError(
        "A column of one batch exceeds 2 GiB; lower batch.max-rows.");
  }
  SABOT_CHECK(offset_ == reinterpret_cast<int32_t*>(offsets_->mutable_data()) + length_);
  ARROW_RETURN_NOT_OK(bytes_->Resize(static_cast<int64_t>(size_), false));
  const int64_t nulls = validity == nullptr ? 0 : arrow::kUnknownNullCount;
  return arrow::MakeArray(arrow::ArrayData::Make(
      type, length_,
      {std::move(validity), std::move(offsets_), std::shared_ptr<arrow::Buffer>(std::move(bytes_))},
      nulls));
}

void PackBits(const uint8_t* bytes, int64_t length, uint8_t* bits) {
  // Eight bytes of 0 or 1 to eight bits: the product moves byte i's bit to bit 56 + i.
  constexpr uint64_t kGather = 0x0102040810204080;
  int64_t row = 0;
  for (; row + 8 <= length; row += 8) {
    uint64_t eight;
    std::memcpy(&eight, bytes + row, 8);
    bits[row / 8] = static_cast<uint8_t>((eight * kGather) >> 56);
  }
  if (row < length) {
    uint8_t last = 0;
    for (int64_t i = row; i < length; ++i)
      last = static_cast<uint8_t>(last | (bytes[i] << (i - row)));
    bits[row / 8] = last;
  }
}

}  // namespace sabot
