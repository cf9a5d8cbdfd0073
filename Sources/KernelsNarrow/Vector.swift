/// One register of floats; this build's instruction set has 8 in one.
typealias Vector = SIMD8<Float>
