import Kernels

/// This module's implementation of `VectorKernels`.
public enum Library: VectorKernels {
  public static var lanes: Int { Vector.scalarCount }
}
