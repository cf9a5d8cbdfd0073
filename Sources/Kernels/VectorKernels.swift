/// The loops that vector instructions make fast. One implementation per instruction set, from the same sources:
/// `KernelsNarrow` (8 floats in a register) and `KernelsWide` (16); who calls them chooses by `Processor.kernels`.
///
/// Kernels work on bare pointers, throw nothing, allocate nothing and use nothing generic of the standard library across
/// module borders: a specialisation shared with the rest of the program could bring instructions that the processor lacks.
public protocol VectorKernels: ConvolutionKernels, ChannelKernels, RowKernels, ClassKernels, TreeKernels, TreeRowKernels
{
  /// Floats in a register.
  static var lanes: Int { get }
}

public typealias Floats = UnsafePointer<Float>
public typealias MutableFloats = UnsafeMutablePointer<Float>
