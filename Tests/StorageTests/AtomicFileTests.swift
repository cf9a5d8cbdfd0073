import Foundation
import Storage
import TestSupport
import Testing

@Suite struct AtomicFileTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test func filesAreReplacedWhole() throws {
    let path = folder.file("a.txt")
    for text in ["first", "", "the third, longer than the others"] {
      try AtomicFile.write(text, to: path)
      #expect(try FileBytes(path: path).text == text)
      #expect(try folder.contents() == ["a.txt"])
    }
    try [1, 2, 3].withUnsafeBytes { try AtomicFile.write($0, to: path, durable: false) }
    #expect(try FileBytes(path: path).array.count == 24)
    #expect(try folder.contents() == ["a.txt"])
  }

  @Test func aReaderKeepsWhatItOpened() throws {
    for size in [10, 40 << 20] {
      let path = folder.file("a.bin")
      try AtomicFile.write([UInt8](repeating: 1, count: size), to: path)
      let old = try FileBytes(path: path)
      try AtomicFile.write([UInt8](repeating: 2, count: size), to: path)
      #expect(old.withBytes { $0.count == size && $0.first == 1 && $0.last == 1 })
      #expect(try FileBytes(path: path).withBytes { $0.count == size && $0.first == 2 && $0.last == 2 })
      #expect(try FileBytes(path: path, atMost: 4).array == [2, 2, 2, 2])
    }
  }

  @Test func whatCannotBeWrittenIsSaid() throws {
    #expect(throws: FileError.isFolder(path: folder.path)) { try AtomicFile.write("x", to: folder.path) }
    let missing = folder.file("no/a.txt")
    #expect { try AtomicFile.write("x", to: missing) } throws: {
      "\($0)".contains("there is no folder") && !"\($0)".contains(".part")
    }
    try AtomicFile.write("x", to: folder.file("file"))
    #expect(throws: FileError.self) { try AtomicFile.write("x", to: folder.file("file/below")) }
    #expect(throws: FileError.missing(path: missing)) { try FileBytes(path: missing) }
    #expect(throws: FileError.isFolder(path: folder.path)) { try FileBytes(path: folder.path) }
    #expect { try FileBytes(path: "/dev/null") } throws: { "\($0)".contains("no regular file") }
  }

  @Test func linksStayAndDevicesAreRefused() throws {
    let (target, link) = (folder.file("target"), folder.file("link"))
    try AtomicFile.write("old", to: target)
    #expect(symlink(target, link) == 0)
    try AtomicFile.write("new", to: link)
    #expect(try FileBytes(path: target).text == "new")
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == target)
    #expect { try AtomicFile.write("x", to: "/dev/null") } throws: { "\($0)".contains("no regular file") }
  }

  @Test func whatACrashLeftIsUsedAgain() throws {
    let path = folder.file("a.txt")
    try Data("unfinished and long".utf8).write(to: URL(fileURLWithPath: path + AtomicFile.unfinishedSuffix))
    try AtomicFile.write("whole", to: path)
    #expect(try FileBytes(path: path).text == "whole")
    #expect(try folder.contents() == ["a.txt"])
  }

  @Test func writersOfOneFileDontMix() async throws {
    let path = folder.file("a.txt")
    try await withThrowingTaskGroup(of: Void.self) { group in
      for writer in 0..<8 {
        group.addTask {
          for _ in 0..<5 { try AtomicFile.write([UInt8](repeating: UInt8(writer), count: 100_000), to: path) }
        }
      }
      try await group.waitForAll()
    }
    let bytes = try FileBytes(path: path).array
    #expect(bytes.count == 100_000 && Set(bytes).count == 1)
    #expect(try folder.contents() == ["a.txt"])
  }
}
