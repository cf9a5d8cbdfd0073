#ifndef SHUFFLES_H
#define SHUFFLES_H

/// Shuffles of two registers of floats, which Swift has as functions only: a call inside a kernel sends every register to
/// memory. These always become one or two instructions.

typedef float Float8 __attribute__((ext_vector_type(8)));
typedef float Float16 __attribute__((ext_vector_type(16)));

#define SHUFFLE static inline __attribute__((always_inline))

/// Elements 0, 2, 4, … of `a` followed by `b`.
SHUFFLE Float8 shuffle_even8(Float8 a, Float8 b) {
  return __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14);
}
SHUFFLE Float16 shuffle_even16(Float16 a, Float16 b) {
  return __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
}

/// Elements 1, 3, 5, … of `a` followed by `b`.
SHUFFLE Float8 shuffle_odd8(Float8 a, Float8 b) {
  return __builtin_shufflevector(a, b, 1, 3, 5, 7, 9, 11, 13, 15);
}
SHUFFLE Float16 shuffle_odd16(Float16 a, Float16 b) {
  return __builtin_shufflevector(a, b, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
}

/// Elements 0, 2, 4, … of `a` and 1, 3, 5, … of `b`.
SHUFFLE Float8 shuffle_even_odd8(Float8 a, Float8 b) {
  return __builtin_shufflevector(a, b, 0, 2, 4, 6, 9, 11, 13, 15);
}
SHUFFLE Float16 shuffle_even_odd16(Float16 a, Float16 b) {
  return __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14, 17, 19, 21, 23, 25, 27, 29, 31);
}

/// a₀ b₀ a₁ b₁ … of the first halves.
SHUFFLE Float8 shuffle_low8(Float8 a, Float8 b) {
  return __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
}
SHUFFLE Float16 shuffle_low16(Float16 a, Float16 b) {
  return __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}

/// The same of the second halves.
SHUFFLE Float8 shuffle_high8(Float8 a, Float8 b) {
  return __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
}
SHUFFLE Float16 shuffle_high16(Float16 a, Float16 b) {
  return __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
}

/// The sum of all elements, by halves.
SHUFFLE float shuffle_sum8(Float8 a) {
  Float8 b = a + __builtin_shufflevector(a, a, 4, 5, 6, 7, 0, 1, 2, 3);
  Float8 c = b + __builtin_shufflevector(b, b, 2, 3, 0, 1, 6, 7, 4, 5);
  return c[0] + c[1];
}

#undef SHUFFLE

#endif
