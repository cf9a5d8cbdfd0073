#ifndef CPROCESSOR_H
#define CPROCESSOR_H

#include "Shuffles.h"

/// What vector instructions this processor and its system offer.
typedef enum {
  /// Nothing that the vector kernels are built for.
  PROCESSOR_PLAIN = 0,
  /// 8 floats at a time with fused multiply-add: x86-64-v3, or 64-bit Arm.
  PROCESSOR_NARROW = 1,
  /// 16 floats at a time: x86-64-v4.
  PROCESSOR_WIDE = 2,
} ProcessorLevel;

ProcessorLevel processor_level(void);

/// Asks for the cache line at an address, which may be any: nothing happens where there is no memory.
static inline void processor_prefetch(const void *address) { __builtin_prefetch(address, 0, 3); }

/// Tells the processor that a loop waits for another one.
static inline void processor_relax(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

#endif
