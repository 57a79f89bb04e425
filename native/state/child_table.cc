// Elements of child sets: hash index over all parents, and per parent a treap or a list threaded
// through the elements' headers.
#include "state/child_table.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "base/hash.h"
#include "state/keyed_table.h"

namespace sabot {
namespace {

// Rows of a batch whose cache lines are fetched together.
constexpr size_t kBlock = 32;

}  // namespace

ChildTable::ChildTable(const ChildSpec& spec, KeyedTable* owner)
    : ordered_(spec.ordered), owner_(owner), cells_(spec.cells, sizeof(Header)) {
  static_assert(sizeof(Header) == 32);
}

std::string_view ChildTable::ElementOf(const Header& header) {
  const uint32_t size = SizeOf(header);
  if (size <= kInline) return {header.bytes, size};
  const char* data;
  std::memcpy(&data, header.bytes, sizeof(data));
  return {data, size};
}

std::string_view ChildTable::element(Slot slot) const { return ElementOf(header(slot)); }

Slot ChildTable::FindTagged(Slot parent, std::string_view element, uint32_t tag) const {
  return index_.Find(tag, [&](Slot slot) {
    const Header& candidate = header(slot);
    return candidate.parent == parent && SameKey(ElementOf(candidate), element);
  });
}

Slot ChildTable::Find(Slot parent, std::string_view element, uint64_t hash) const {
  return FindTagged(parent, element, KeyIndex::TagOf(Mix(parent, hash)));
}

Slot ChildTable::FindOrInsert(Slot parent, std::string_view element, uint64_t hash,
                              bool* inserted) {
  const uint32_t tag = KeyIndex::TagOf(Mix(parent, hash));
  const Slot found = FindTagged(parent, element, tag);
  *inserted = found == kNoSlot;
  return found != kNoSlot ? found : Insert(parent, element, tag);
}

void ChildTable::FindOrInsert(std::span<const Slot> parents, const EncodedKeys& elements,
                              const uint8_t* wanted, std::span<Slot> slots) {
  uint32_t tags[kBlock];
  for (size_t from = 0; from < slots.size(); from += kBlock) {
    const size_t length = std::min(kBlock, slots.size() - from);
    for (size_t i = 0; i < length; ++i) {
      tags[i] =
          KeyIndex::TagOf(Mix(parents[from + i], elements.hash(static_cast<int64_t>(from + i))));
      index_.Prefetch(tags[i]);
    }
    for (size_t i = 0; i < length; ++i) {
      const Slot candidate = index_.Candidate(tags[i]);
      if (candidate != kNoSlot) __builtin_prefetch(cells_.row(candidate));
    }
    for (size_t i = 0; i < length; ++i) {
      const size_t row = from + i;
      if (wanted != nullptr && wanted[row] == 0) {
        slots[row] = kNoSlot;
        continue;
      }
      const std::string_view element = elements.key(static_cast<int64_t>(row));
      const Slot found = FindTagged(parents[row], element, tags[i]);
      slots[row] = found != kNoSlot ? found : Insert(parents[row], element, tags[i]);
    }
  }
}

Slot ChildTable::Insert(Slot parent, std::string_view element, uint32_t tag) {
  if (cold_marks_ != 0) owner_->MarkStale(parent);
  return InsertMarked(parent, element, tag, false, cold_marks_);
}

void ChildTable::Load(Slot parent, std::string_view element, ByteReader& cells) {
  const uint32_t tag = KeyIndex::TagOf(Mix(parent, HashBytes(element)));
  cells_.Read(InsertMarked(parent, element, tag, true, kInCold), cells);
}

Slot ChildTable::InsertMarked(Slot parent, std::string_view element, uint32_t tag, bool known,
                              uint32_t marks) {
  Slot slot = free_;
  if (slot != kNoSlot) {
    free_ = header(slot).left;
  } else {
    slot = num_slots_++;
    cells_.Reserve(num_slots_);
  }
  SABOT_CHECK(element.size() <= kSizeMask);
  Header& added = header(slot);
  uint32_t word = added.word;
  known ? tracker_.TakeKnown(slot, word) : tracker_.Take(slot, word);
  word |= marks | static_cast<uint32_t>(element.size());
  added = {tag, word, parent, kNoSlot, kNoSlot, {}};
  if (element.size() <= kInline) {
    if (!element.empty()) std::memcpy(added.bytes, element.data(), element.size());
  } else {
    char* const data = cells_.arena().Allocate(element.size());
    std::memcpy(data, element.data(), element.size());
    std::memcpy(added.bytes, &data, sizeof(data));
  }
  index_.Insert(tag, slot);
  if (parents_.size() <= parent) parents_.resize(std::max<size_t>(parent + 1, parents_.size() * 2));
  Parent& of = parents_[parent];
  ++of.count;
  ++num_elements_;
  if (ordered_) {
    TreeInsert(of.root, slot);
    if (of.first == kNoSlot || element < ElementOf(header(of.first))) of.first = slot;
    if (of.last == kNoSlot || element > ElementOf(header(of.last))) of.last = slot;
    return slot;
  }
  // The element before is not touched: that would be a cache miss per insert. Link does it later.
  added.left = of.last;
  if (of.first == kNoSlot) of.first = slot;
  of.last = slot;
  return slot;
}

void ChildTable::Erase(Slot parent, std::string_view element, uint64_t hash) {
  const Slot slot = Find(parent, element, hash);
  if (slot != kNoSlot) Erase(slot);
}

void ChildTable::TouchUntouched(Slot slot) {
  uint32_t& word = header(slot).word;
  if (!tracker_.IsTouched(word)) {
    if (tracker_.MustSave(slot, word)) owner_->SaveElement(*this, slot);
    tracker_.Touch(slot, word);
  }
  word |= cold_marks_;
  if (cold_marks_ != 0) owner_->MarkStale(header(slot).parent);
}

void ChildTable::SaveAll(Slot parent) {
  if (count(parent) == 0) return;
  for (const Slot slot : Elements(parent)) {
    if (tracker_.MustSave(slot, header(slot).word)) owner_->SaveElement(*this, slot);
  }
}

void ChildTable::Erase(Slot slot) {
  if (tracker_.MustSave(slot, header(slot).word)) owner_->SaveElement(*this, slot);
  if (tracker_.MustForget(header(slot).word)) owner_->ForgetElement(*this, slot);
  if (cold_marks_ != 0) owner_->EraseColdElement(*this, slot);
  Parent& of = parents_[header(slot).parent];
  if (ordered_) {
    TreeErase(of.root, slot);
    if (of.first == slot) of.first = Leftmost(of.root);
    if (of.last == slot) of.last = Rightmost(of.root);
  } else {
    Link(of);
    const Header linked = header(slot);
    (linked.left == kNoSlot ? of.first : header(linked.left).right) = linked.right;
    (linked.right == kNoSlot ? of.last : header(linked.right).left) = linked.left;
    of.linked = of.last;
  }
  --of.count;
  Release(slot);
}

void ChildTable::Link(Parent& of) {
  for (Slot slot = of.last; slot != of.linked;) {
    const Slot before = header(slot).left;
    if (before != kNoSlot) header(before).right = slot;
    slot = before;
  }
  of.linked = of.last;
}

void ChildTable::EraseAll(Slot parent) {
  for (const Slot slot : Elements(parent)) Erase(slot);
}

void ChildTable::DropAll(Slot parent) {
  if (count(parent) == 0) return;
  for (const Slot slot : Elements(parent)) Release(slot);
  parents_[parent] = {};
}

void ChildTable::Release(Slot slot) {
  Header& released = header(slot);
  index_.Erase(released.tag, slot);
  if (SizeOf(released) > kInline) {
    char* data;
    std::memcpy(&data, released.bytes, sizeof(data));
    cells_.arena().Free(data, SizeOf(released));
  }
  cells_.Clear(slot);
  --num_elements_;
  uint32_t word = released.word;
  tracker_.Free(word);
  released = {0, word, kNoSlot, free_, kNoSlot, {}};
  free_ = slot;
}

void ChildTable::Clear() {
  tracker_ = SlotTracker();
  cells_.ClearAll();
  index_.Clear();
  parents_.clear();
  num_slots_ = 0;
  num_elements_ = 0;
  free_ = kNoSlot;
}

// --- the tree of an ordered table ---

// Splits into elements below `element` and the others.
void ChildTable::Split(Slot tree, std::string_view element, Slot& below, Slot& above) {
  Slot* below_at = &below;
  Slot* above_at = &above;
  while (tree != kNoSlot) {
    Header& node = header(tree);
    if (ElementOf(node) < element) {
      *below_at = tree;
      below_at = &node.right;
      tree = node.right;
    } else {
      *above_at = tree;
      above_at = &node.left;
      tree = node.left;
    }
  }
  *below_at = kNoSlot;
  *above_at = kNoSlot;
}

// Every element of `below` is less than every one of `above`.
Slot ChildTable::Join(Slot below, Slot above) {
  Slot joined = kNoSlot;
  Slot* at = &joined;
  while (below != kNoSlot && above != kNoSlot) {
    if (PriorityOf(below) >= PriorityOf(above)) {
      *at = below;
      at = &header(below).right;
      below = *at;
    } else {
      *at = above;
      at = &header(above).left;
      above = *at;
    }
  }
  *at = below != kNoSlot ? below : above;
  return joined;
}

void ChildTable::TreeInsert(Slot& root, Slot slot) {
  Header& added = header(slot);
  const std::string_view element = ElementOf(added);
  const uint32_t priority = PriorityOf(slot);
  Slot* at = &root;
  while (*at != kNoSlot && PriorityOf(*at) >= priority) {
    Header& node = header(*at);
    at = ElementOf(node) < element ? &node.right : &node.left;
  }
  const Slot tree = *at;
  *at = slot;
  Split(tree, element, added.left, added.right);
}

void ChildTable::TreeErase(Slot& root, Slot slot) {
  const Header& erased = header(slot);
  const std::string_view element = ElementOf(erased);
  Slot* at = &root;
  while (*at != slot) {
    SABOT_CHECK(*at != kNoSlot);
    Header& node = header(*at);
    at = ElementOf(node) < element ? &node.right : &node.left;
  }
  *at = Join(erased.left, erased.right);
}

Slot ChildTable::Leftmost(Slot tree) const {
  while (tree != kNoSlot && header(tree).left != kNoSlot) tree = header(tree).left;
  return tree;
}

Slot ChildTable::Rightmost(Slot tree) const {
  while (tree != kNoSlot && header(tree).right != kNoSlot) tree = header(tree).right;
  return tree;
}

Slot ChildTable::First(Slot parent) const {
  return parent < parents_.size() ? parents_[parent].first : kNoSlot;
}

Slot ChildTable::Last(Slot parent) const {
  return parent < parents_.size() ? parents_[parent].last : kNoSlot;
}

Slot ChildTable::LowerBound(Slot parent, std::string_view element) const {
  SABOT_CHECK(ordered_);
  Slot slot = parent < parents_.size() ? parents_[parent].root : kNoSlot;
  Slot bound = kNoSlot;
  while (slot != kNoSlot) {
    const Header& node = header(slot);
    if (ElementOf(node) < element) {
      slot = node.right;
    } else {
      bound = slot;
      slot = node.left;
    }
  }
  return bound;
}

Slot ChildTable::After(Slot element_slot) const {
  SABOT_CHECK(ordered_);
  const Header& from = header(element_slot);
  const std::string_view element = ElementOf(from);
  Slot slot = parents_[from.parent].root;
  Slot bound = kNoSlot;
  while (slot != kNoSlot) {
    const Header& node = header(slot);
    if (ElementOf(node) <= element) {
      slot = node.right;
    } else {
      bound = slot;
      slot = node.left;
    }
  }
  return bound;
}

Slot ChildTable::Before(Slot element_slot) const {
  SABOT_CHECK(ordered_);
  const Header& from = header(element_slot);
  const std::string_view element = ElementOf(from);
  Slot slot = parents_[from.parent].root;
  Slot bound = kNoSlot;
  while (slot != kNoSlot) {
    const Header& node = header(slot);
    if (ElementOf(node) < element) {
      bound = slot;
      slot = node.right;
    } else {
      slot = node.left;
    }
  }
  return bound;
}

std::vector<Slot> ChildTable::Elements(Slot parent) const {
  std::vector<Slot> slots;
  if (parent >= parents_.size()) return slots;
  slots.reserve(parents_[parent].count);
  if (!ordered_) {
    for (Slot slot = parents_[parent].last; slot != kNoSlot; slot = header(slot).left) {
      slots.push_back(slot);
    }
    std::reverse(slots.begin(), slots.end());
    return slots;
  }
  Slot slot = parents_[parent].root;
  std::vector<Slot> path;
  while (slot != kNoSlot || !path.empty()) {
    for (; slot != kNoSlot; slot = header(slot).left) path.push_back(slot);
    slots.push_back(path.back());
    slot = header(path.back()).right;
    path.pop_back();
  }
  return slots;
}

// --- snapshots ---

void ChildTable::Write(Slot parent, ByteWriter& to) const {
  const std::vector<Slot> slots = Elements(parent);
  to.U32(static_cast<uint32_t>(slots.size()));
  for (const Slot slot : slots) {
    to.Bytes(element(slot));
    cells_.Write(slot, to);
  }
}

void ChildTable::Read(Slot parent, ByteReader& from) {
  const uint32_t elements = from.U32();
  for (uint32_t i = 0; i < elements && from.ok(); ++i) {
    const std::string_view element = from.Bytes();
    bool inserted;
    cells_.Read(FindOrInsert(parent, element, HashBytes(element), &inserted), from);
  }
}

int64_t ChildTable::size_bytes() const {
  return cells_.size_bytes() + index_.size_bytes() +
         static_cast<int64_t>(parents_.size() * sizeof(Parent));
}

int64_t ChildTable::used_bytes() const {
  return num_elements_ * static_cast<int64_t>(cells_.stride() + KeyIndex::kBytesPerSlot) +
         cells_.arena().size_bytes();
}

}  // namespace sabot
