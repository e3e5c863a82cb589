// The program's operator new and delete, replaced by ones that can count.
#include "bench/core_measure.hpp"

#include <malloc.h>

#include <cstdlib>
#include <new>

namespace {

bool is_counting = false;
std::uint64_t allocation_count = 0;
std::int64_t held = 0;

void* allocate(std::size_t size, std::size_t alignment) {
    const std::size_t bytes = size == 0 ? 1 : size;
    void* memory = alignment <= alignof(std::max_align_t)
                       ? std::malloc(bytes)
                       : std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
    if (memory == nullptr) throw std::bad_alloc();
    if (is_counting) [[unlikely]] {
        ++allocation_count;
        held += static_cast<std::int64_t>(malloc_usable_size(memory));
    }
    return memory;
}

void release(void* memory) {
    if (is_counting) [[unlikely]]
        held -= static_cast<std::int64_t>(malloc_usable_size(memory));
    std::free(memory);
}

}  // namespace

void* operator new(std::size_t size) { return allocate(size, 1); }
void* operator new[](std::size_t size) { return allocate(size, 1); }
void* operator new(std::size_t size, std::align_val_t alignment) {
    return allocate(size, static_cast<std::size_t>(alignment));
}
void* operator new[](std::size_t size, std::align_val_t alignment) {
    return allocate(size, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept { release(memory); }
void operator delete[](void* memory) noexcept { release(memory); }
void operator delete(void* memory, std::size_t) noexcept { release(memory); }
void operator delete[](void* memory, std::size_t) noexcept { release(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { release(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { release(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { release(memory); }
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept { release(memory); }

namespace buttonwood::bench {

void AllocationCounter::start() {
    allocation_count = 0;
    held = 0;
    is_counting = true;
}
void AllocationCounter::stop() { is_counting = false; }
std::uint64_t AllocationCounter::allocations() { return allocation_count; }
std::int64_t AllocationCounter::held_bytes() { return held; }

}  // namespace buttonwood::bench
