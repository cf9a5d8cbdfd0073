import Foundation
import Storage
import Synchronization
import Tensors

/// Makes sparse label files from dense ones, several images at a time.
public struct SparseLabelRun: Sendable {
  private let labels: [ImageFiles.Entry]
  private let kind: SparseLabels
  private let convention: LabelConvention
  private let seed: UInt64
  private let folder: String

  /// Makes ready to write `folder/NAME.png` for every label file.
  /// - Parameter replaces: whether files that are there already may be replaced.
  /// - Throws: `OutputError` where files are there already, or would replace a dense label file.
  public init(
    _ labels: [ImageFiles.Entry], _ kind: SparseLabels, _ convention: LabelConvention, seed: UInt64, folder: String,
    replaces: Bool
  ) throws {
    (self.labels, self.kind, self.convention, self.seed, self.folder) = (labels, kind, convention, seed, folder)
    try OutputFiles.check(
      labels.map(path), inputs: labels.map(\.path), replaces: replaces, kind: "sparse labels")
  }

  /// Where the sparse labels of a file go.
  public func path(_ label: ImageFiles.Entry) -> String { "\(folder)/\(label.name).png" }

  /// Writes the files; those of label files that can't be read are left out.
  /// - Parameters:
  ///   - progress: called with the number of files tried, from any thread, one call at a time.
  ///   - failure: called for each file that can't be read, in the same way.
  /// - Returns: what came of it; after an interruption too, which `wasInterrupted` tells.
  /// - Throws: what writing throws.
  public func run(
    progress: @escaping @Sendable (Int) -> Void = { _ in },
    failure: @escaping @Sendable (String, any Error) -> Void
  ) throws -> SparseLabelReport {
    let state = Mutex((report: SparseLabelReport(), tried: 0, fatal: nil as (any Error)?))
    do {
      try Kernel.parallel(labels.count) { index in
        if state.withLock({ $0.fatal != nil }) { return }
        let label = labels[index]
        let outcome = Result { try make(label) }
        state.withLock { state in
          switch outcome {
          case .success(let part): state.report.add(part, convention)
          case .failure(let error as Unreadable):
            state.report.failed.append(label.name)
            failure(label.path, error.reason)
          case .failure(let error): if state.fatal == nil { state.fatal = error }
          }
          state.tried += 1
          progress(state.tried)
        }
      }
    } catch is Interrupted {
      state.withLock { $0.report.wasInterrupted = true }
    }
    if let error = state.withLock({ $0.fatal }) { throw error }
    return state.withLock { $0.report.sorted }
  }

  /// Why a dense label file can't be read: the others can be had all the same.
  private struct Unreadable: Error {
    let reason: any Error
  }

  /// Writes the sparse labels of one file.
  private func make(_ label: ImageFiles.Entry) throws -> SparseLabelReport.Part {
    let dense: Image8
    do { dense = try ImageFile.readLabels(label.path) } catch { throw Unreadable(reason: error) }
    let sparse = kind.made(from: dense, convention, seed: seed, name: label.name)
    try makeFolder(path(label).parentFolder)
    try ImageFile.writePNG(sparse, to: path(label))
    return SparseLabelReport.Part(name: label.name, dense: dense, sparse: sparse)
  }

  private func makeFolder(_ path: String) throws {
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw FileError.unwritable(path: path, reason: "the folder can't be made")
    }
  }
}

/// What can go wrong with sparse labels beside the files they are made from.
public enum SparseLabelError: ExplainedError, Equatable {
  /// Some files have no sparse labels.
  case failed(count: Int, of: Int)
  /// None of the values in the files is a class.
  case noClasses(convention: String, values: [Int])

  public var explanation: Explanation {
    switch self {
    case .failed(let count, let total):
      Explanation("\(count) of \(total) label files have no sparse labels, for the reasons above")
    case .noClasses(let convention, let values):
      Explanation(
        "nothing to label: the files hold the values \(values.map(String.init).joined(separator: ", "))",
        expected: convention, advice: "name the coding with --dataset cityscapes, ade20k, voc or plain")
    }
  }
}
