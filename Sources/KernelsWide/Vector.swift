/// One register of floats; this build's instruction set has 16 in one.
typealias Vector = SIMD16<Float>
