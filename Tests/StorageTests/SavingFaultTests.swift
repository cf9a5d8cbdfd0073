import Foundation
import Storage
import Synchronization
import Tensors
import TestSupport
import Testing

/// Every call to the system that saving makes, failing in every way: the old file or the new one can be read afterwards.
@Suite struct SavingFaultTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func save(_ value: Float, to path: String) throws {
    let weights = Tensor([Float](repeating: value, count: 5000), shape: [50, 100])
    try Checkpoint(state: ["weight": weights], progress: ["iteration": .integer(Int(value))]).save(to: path)
  }

  private func value(of path: String) throws -> Float {
    let checkpoint = try Checkpoint(contentsOf: path)
    let values = Set(try #require(checkpoint.state["weight"]).array(of: Float.self))
    try #require(values.count == 1 && checkpoint.progress["iteration"] == .integer(Int(values.first!)))
    return values.first!
  }

  /// Calls `body` with faults: the call number `first`, or all from there on.
  private func failing<R>(
    at first: Int, _ fault: FileSystem.Fault, forGood: Bool = false, _ body: () throws -> R
  ) -> (result: Result<R, any Error>, calls: [FileSystem.Call]) {
    let calls = Mutex<[FileSystem.Call]>([])
    @Sendable func faults(_ call: FileSystem.Call) -> FileSystem.Fault? {
      let index = calls.withLock { calls in
        calls.append(call)
        return calls.count - 1
      }
      return index == first || (forGood && index > first) ? fault : nil
    }
    let result = FileSystem.with(faults) { Result { try body() } }
    return (result, calls.withLock { $0 })
  }

  @Test(arguments: [FileSystem.Fault.error(ENOSPC), .error(EIO), .short(100), .flipped], [false, true])
  func aSaveThatFailsLeavesTheOldFileOrTheNewOne(_ fault: FileSystem.Fault, forGood: Bool) throws {
    let path = folder.file("latest.h5")
    let clean = failing(at: .max, fault) { try save(1, to: path) }
    try clean.result.get()
    #expect(Set(clean.calls).isSuperset(of: [.open, .truncate, .write, .readBack, .flush, .rename, .flushFolder]))
    for index in clean.calls.indices {
      let call = clean.calls[index]
      try save(1, to: path)
      let outcome = failing(at: index, fault, forGood: forGood) { try save(2, to: path) }
      let found = try value(of: path)
      switch outcome.result {
      case .success:
        #expect(found == 2, "\(call)")
        // Only what comes after the rename, or a short write that is gone on with, may fail unseen.
        if case .error = fault { #expect(call == .flushFolder) }
        if fault == .flipped { #expect(call != .write) }
      case .failure(let error):
        #expect(found == 1, "\(call)")
        #expect(error is FileError && "\(error)".contains(path), "\(error)")
        if fault == .error(ENOSPC) { #expect("\(error)".contains("No space left on device")) }
        if fault == .flipped { #expect("\(error)".contains("reads back as something else")) }
      }
      // Whatever was left lies in nobody's way.
      try save(3, to: path)
      #expect(try value(of: path) == 3)
      #expect(try folder.contents() == ["latest.h5"])
    }
  }

  @Test func aSecondNameFailsWholly() throws {
    let (path, other) = (folder.file("latest.h5"), folder.file("iteration-1.h5"))
    try save(1, to: path)
    try save(7, to: other)
    for fault in [ENOSPC, EIO] {
      for index in 0..<4 {
        let outcome = failing(at: index, .error(fault)) { try AtomicFile.link(path, as: other) }
        let found = try value(of: other)
        if case .success = outcome.result { #expect(found == 1) } else { #expect(found == 7) }
        #expect(try value(of: path) == 1)
        try save(7, to: other)
      }
    }
    // Where a file can't have two names, it is copied.
    let copied = failing(at: 1, .error(EPERM)) { try AtomicFile.link(path, as: other) }
    try copied.result.get()
    #expect(copied.calls.contains(.write))
    #expect(try value(of: other) == 1)
    try AtomicFile.link(path, as: other)
    try AtomicFile.link(path, as: other)
    try save(2, to: path)
    #expect(try value(of: other) == 1)
    #expect(try folder.contents() == ["iteration-1.h5", "latest.h5"])
  }

  @Test func whatKilledWritersLeftIsRemovedAndWhatIsBeingWrittenStays() throws {
    let path = folder.file("latest.h5")
    try save(1, to: path)
    try AtomicFile.write("half", to: folder.file("best.h5.part"))
    _ = failing(at: 3, .error(EIO), forGood: true) { try save(2, to: path) }
    #expect(try folder.contents() == ["best.h5.part", "latest.h5", "latest.h5.part"])
    // A writer that is at work holds a lock.
    let busy = open(folder.file("best.h5.part"), O_RDWR)
    #expect(flock(busy, LOCK_EX) == 0)
    #expect(AtomicFile.removeUnfinished(in: folder.path) == ["latest.h5.part"])
    close(busy)
    #expect(AtomicFile.removeUnfinished(in: folder.path) == ["best.h5.part"])
    #expect(try folder.contents() == ["latest.h5"])
    #expect(try value(of: path) == 1)
  }

  @Test func anImageIsAsTheStateWasWhenItWasMade() throws {
    let weights = Tensor([Float](repeating: 1, count: 2_000_000), shape: [2_000_000])
    let image = try Checkpoint(state: ["weight": weights], progress: ["iteration": 1]).image(named: "x")
    weights.fill(2)
    for name in ["a.h5", "b.h5"] {
      try image.write(to: folder.file(name))
      #expect(try value(of: folder.file(name)) == 1)
      let size = try #require(FileBytes.count(of: folder.file(name)))
      #expect(size > image.byteCount && size < 8_000_000 + 40_000)
    }
  }
}
