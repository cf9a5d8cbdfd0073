#ifndef SHUFFLES_H
#define SHUFFLES_H

/// Shuffles of two registers of floats, which Swift has as functions only: a call inside a kernel sends every register to
/// memory. These always become one or two instructions.

typedef float Float4 __attribute__((ext_vector_type(4)));
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

/// `c + a · b` in one rounding. Swift's own goes element by element, and comes out in registers of half the width, with code to
/// take them apart and put them together.
SHUFFLE Float8 shuffle_fma8(Float8 a, Float8 b, Float8 c) { return __builtin_elementwise_fma(a, b, c); }
SHUFFLE Float16 shuffle_fma16(Float16 a, Float16 b, Float16 c) { return __builtin_elementwise_fma(a, b, c); }

/// `a` where bit 16 of `mask`, the last of a bfloat16, is 1, and 0 elsewhere.
SHUFFLE Float8 shuffle_marked8(Float8 a, Float8 mask) {
  typedef int Int8 __attribute__((ext_vector_type(8)));
  return (Float8)((Int8)a & (((Int8)mask << 15) >> 31));
}
SHUFFLE Float16 shuffle_marked16(Float16 a, Float16 mask) {
  typedef int Int16 __attribute__((ext_vector_type(16)));
  return (Float16)((Int16)a & (((Int16)mask << 15) >> 31));
}

/// Four floats at each of two or four addresses, and a store to any address.
SHUFFLE Float8 shuffle_halves(const float *low, const float *high) {
  Float4 a, b;
  __builtin_memcpy(&a, low, sizeof a);
  __builtin_memcpy(&b, high, sizeof b);
  return __builtin_shufflevector(a, b, 0, 1, 2, 3, 4, 5, 6, 7);
}
SHUFFLE Float16 shuffle_quads(const float *first, const float *second, const float *third, const float *fourth) {
  Float8 a = shuffle_halves(first, second), b = shuffle_halves(third, fourth);
  return __builtin_shufflevector(a, b, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
}
SHUFFLE void shuffle_store8(Float8 value, float *address) { __builtin_memcpy(address, &value, sizeof value); }

/// Another first element.
SHUFFLE Float8 shuffle_first8(Float8 a, float value) {
  a[0] = value;
  return a;
}

/// The sum of all elements, by halves.
SHUFFLE float shuffle_sum8(Float8 a) {
  Float8 b = a + __builtin_shufflevector(a, a, 4, 5, 6, 7, 0, 1, 2, 3);
  Float8 c = b + __builtin_shufflevector(b, b, 2, 3, 0, 1, 6, 7, 4, 5);
  return c[0] + c[1];
}

/// `target[j, i] = source[i, j]` for a block of 8×8. Halves of registers are put together while they are loaded, and the rest
/// stays within halves: that takes a third of the time of shuffles across them.
SHUFFLE void shuffle_transpose8(const float *source, long stride, float *target, long target_stride) {
  for (int half = 0; half < 2; half++) {
    const float *s = source + 4 * half;
    float *t = target + 4 * half * target_stride;
    Float8 a = shuffle_halves(s, s + 4 * stride);
    Float8 b = shuffle_halves(s + stride, s + 5 * stride);
    Float8 c = shuffle_halves(s + 2 * stride, s + 6 * stride);
    Float8 d = shuffle_halves(s + 3 * stride, s + 7 * stride);
    Float8 ab0 = __builtin_shufflevector(a, b, 0, 8, 1, 9, 4, 12, 5, 13);
    Float8 ab1 = __builtin_shufflevector(a, b, 2, 10, 3, 11, 6, 14, 7, 15);
    Float8 cd0 = __builtin_shufflevector(c, d, 0, 8, 1, 9, 4, 12, 5, 13);
    Float8 cd1 = __builtin_shufflevector(c, d, 2, 10, 3, 11, 6, 14, 7, 15);
    shuffle_store8(__builtin_shufflevector(ab0, cd0, 0, 1, 8, 9, 4, 5, 12, 13), t);
    shuffle_store8(__builtin_shufflevector(ab0, cd0, 2, 3, 10, 11, 6, 7, 14, 15), t + target_stride);
    shuffle_store8(__builtin_shufflevector(ab1, cd1, 0, 1, 8, 9, 4, 5, 12, 13), t + 2 * target_stride);
    shuffle_store8(__builtin_shufflevector(ab1, cd1, 2, 3, 10, 11, 6, 7, 14, 15), t + 3 * target_stride);
  }
}

#undef SHUFFLE

#endif
