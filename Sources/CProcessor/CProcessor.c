#include "CProcessor.h"

ProcessorLevel processor_level(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  int narrow = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi")
               && __builtin_cpu_supports("bmi2");
  int wide = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
             && __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq")
             && __builtin_cpu_supports("avx512vl");
  return narrow && wide ? PROCESSOR_WIDE : narrow ? PROCESSOR_NARROW : PROCESSOR_PLAIN;
#elif defined(__aarch64__)
  return PROCESSOR_NARROW;
#else
  return PROCESSOR_PLAIN;
#endif
}
