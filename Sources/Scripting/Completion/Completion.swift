/// What may stand at a place in a text.
public struct Completion: Equatable, Sendable {
  /// The part of the text that a candidate takes the place of, in Unicode scalars.
  public var range: Range<Int>
  /// Sorted; all of them go on with what stands there.
  public var candidates: [String]

  /// What all candidates begin with.
  public var common: String {
    guard var common = candidates.first else { return "" }
    for candidate in candidates.dropFirst() { common = common.commonPrefix(with: candidate) }
    return common
  }
}
