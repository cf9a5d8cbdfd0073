import Datasets
import Foundation
import Storage

extension Field {
  /// Labels by name, pseudo-labels by place, or both.
  static func labels(default value: StoredValue? = nil) -> Field {
    Field("labels", .either([.string, .list(.string)]), default: value)
  }

  /// The least confidence of a pseudo-label.
  static let confidence = Field("confidence", .number(0...1))
}

/// What a data set's `labels` says: a name of labels of its own, places of pseudo-labels (`PATH:/GROUP`), or a list of both, of which
/// its own labels win.
struct LabelChoice {
  /// What the data set calls its labels; nil for pseudo-labels alone.
  let own: String?
  private let places: [String]
  private let confidence: Double
  private let state: LuaState

  fileprivate init(_ entries: [String], _ configuration: Configuration) throws {
    let own = entries.filter { PseudoLabels.parts(of: $0) == nil }
    places = entries.filter { PseudoLabels.parts(of: $0) != nil }
    guard own.count <= 1, !entries.isEmpty else {
      throw configuration.wrong(
        "labels", expected: "a name of labels, places PATH:/GROUP of pseudo-labels, or a list of one name and places")
    }
    let confidence: Double? = try configuration.value("confidence")
    if confidence != nil && places.isEmpty {
      throw configuration.wrong(
        "confidence", expected: "labels=\"PATH:/GROUP\" beside it, since other labels have none")
    }
    (self.own, self.confidence, state) = (own.first, confidence ?? 0, configuration.state)
  }

  /// The images of a data set, which was opened with its labels `own`, with the labels that were chosen.
  /// - Throws: `PseudoLabelError`, `DatasetError.notFound`; what reading throws.
  func dataset(_ base: any Dataset) throws -> any Dataset {
    if places.isEmpty { return base }
    return try PseudoLabelledDataset(
      base, sources: try places.map(open), confidence: confidence, keepsLabels: own != nil,
      skipBad: state.skipsBadSamples)
  }

  private func open(_ place: String) throws -> PseudoLabels {
    guard let (path, group) = PseudoLabels.parts(of: place) else { throw PseudoLabelError.nothing(place: place) }
    let tried = state.paths.candidates(path)
    guard let found = tried.first(where: { !((try? PseudoLabels.files($0)) ?? []).isEmpty }) else {
      throw DatasetError.notFound(path: path, tried: tried)
    }
    return try PseudoLabels(path: found, group: group)
  }
}

extension Configuration {
  /// - Parameter unset: stands for `labels` where that is not set.
  func labelChoice(unset: String? = nil) throws -> LabelChoice {
    if let unset, self["labels"].isNil { return try LabelChoice([unset], self) }
    let value: LuaValue = try required("labels")
    return try LabelChoice([String](value, in: state) ?? String(value, in: state).map { [$0] } ?? [], self)
  }
}
