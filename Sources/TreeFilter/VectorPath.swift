import Kernels
import Tensors

/// Where float32 takes the vector kernels. Float64, and float32 on a processor that has none, take the generic loops beside
/// each call, which say the same more plainly.
extension FilterElement {
  static var kernels: (any VectorKernels.Type)? { Self.self == Float.self ? Processor.kernels : nil }
}

/// Elements of a type that is known to be Float, or vectors of them.
func floats<E>(_ address: UnsafePointer<E>) -> UnsafePointer<Float> {
  UnsafeRawPointer(address).assumingMemoryBound(to: Float.self)
}
func floats<E>(_ address: UnsafeMutablePointer<E>) -> UnsafeMutablePointer<Float> {
  UnsafeMutableRawPointer(address).assumingMemoryBound(to: Float.self)
}

extension GridGraph {
  var kernelGrid: TreeGrid { TreeGrid(height: height, width: width) }
}

extension Walk {
  var kernelWalk: TreeWalk {
    TreeWalk(
      grid: grid.kernelGrid, order: order, parent: parent, firstChild: firstChild, slot: slot, ringRows: ringSize)
  }
}
