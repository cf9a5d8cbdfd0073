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

/// The same for a line that will be written.
static inline void processor_prefetch_store(const void *address) {
#if defined(__x86_64__)
  // The builtin asks for writing only where the instruction is among those compiled for; processors without it do nothing.
  __asm__ volatile("prefetchw %0" : : "m"(*(const char *)address));
#else
  __builtin_prefetch(address, 1, 3);
#endif
}

/// Tells the processor that a loop waits for another one.
static inline void processor_relax(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

/// How this thread rounds, and whether it keeps denormal numbers.
typedef unsigned long long ProcessorMode;

/// From now on denormal numbers are zero on this thread, as arguments and as results; returns the mode before. Arithmetic with
/// them takes a hundred times as long as with others.
static inline ProcessorMode processor_flush_denormals(void) {
#if defined(__x86_64__)
  unsigned int mode = __builtin_ia32_stmxcsr();
  __builtin_ia32_ldmxcsr(mode | 0x8040);
  return mode;
#elif defined(__aarch64__)
  ProcessorMode mode;
  __asm__ volatile("mrs %0, fpcr" : "=r"(mode));
  __asm__ volatile("msr fpcr, %0" : : "r"(mode | (1ull << 24)));
  return mode;
#else
  return 0;
#endif
}

static inline void processor_restore(ProcessorMode mode) {
#if defined(__x86_64__)
  __builtin_ia32_ldmxcsr((unsigned int)mode);
#elif defined(__aarch64__)
  __asm__ volatile("msr fpcr, %0" : : "r"(mode));
#else
  (void)mode;
#endif
}

#endif
