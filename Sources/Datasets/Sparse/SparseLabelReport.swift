import Storage

/// How much of dense labels their sparse ones kept, over a set of images.
public struct SparseLabelReport: Sendable, Equatable {
  /// Images whose files were written.
  public var images = 0
  /// Names of label files that could not be read.
  public var failed: [String] = []
  /// Names of images without a single label, though they have some in the dense ones.
  public var emptied: [String] = []
  /// Names of images that have no class in the dense labels either.
  public var withoutClasses: [String] = []
  public var wasInterrupted = false
  /// Pixels of each of the 256 values, and images that have some, in the dense and the sparse labels.
  public var dense = LabelTally()
  public var sparse = LabelTally()

  /// The counts of one image.
  struct Part {
    let name: String
    var dense = [Int](repeating: 0, count: 256)
    var sparse = [Int](repeating: 0, count: 256)

    init(name: String, dense: Image8, sparse: Image8) {
      self.name = name
      dense.addValues(to: &self.dense)
      sparse.addValues(to: &self.sparse)
    }
  }

  mutating func add(_ part: Part, _ convention: LabelConvention) {
    images += 1
    dense.add(part.dense)
    sparse.add(part.sparse)
    let classes = (0..<256).filter { convention.isClass(UInt8($0)) }
    if classes.allSatisfy({ part.dense[$0] == 0 }) {
      withoutClasses.append(part.name)
    } else if classes.allSatisfy({ part.sparse[$0] == 0 }) {
      emptied.append(part.name)
    }
  }

  /// The same with names in order, whatever order images were done in.
  var sorted: SparseLabelReport {
    var result = self
    result.failed.sort()
    result.emptied.sort()
    result.withoutClasses.sort()
    return result
  }
}
