import Foundation
import Storage
import TestSupport
import Testing

@Suite struct RunLockTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test func theSecondIsToldOfTheFirst() throws {
    let first = try RunLock(folder: folder.path)
    let error = #expect(throws: RunLockError.self) { try RunLock(folder: folder.path) }
    #expect(error == .taken(folder: folder.path, process: Int(getpid())))
    #expect("\(error!)".contains("\(getpid())") && "\(error!)".contains(folder.path))
    withExtendedLifetime(first) {}
  }

  @Test func theLockEndsWithItsObject() throws {
    do {
      let lock = try RunLock(folder: folder.path)
      withExtendedLifetime(lock) {}
    }
    #expect(try folder.contents().isEmpty)
    _ = try RunLock(folder: folder.path)
  }

  @Test func theFileOfADeadProcessIsTakenOver() throws {
    try AtomicFile.write("999999999\n", to: folder.file("run.lock"))
    let lock = try RunLock(folder: folder.path)
    #expect(try FileBytes(path: folder.file("run.lock")).text == "\(getpid())\n")
    withExtendedLifetime(lock) {}
  }

  @Test func anotherProcessIsKeptOut() throws {
    let lock = try RunLock(folder: folder.path)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["flock", "--nonblock", folder.file("run.lock"), "true"]
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 1)
    withExtendedLifetime(lock) {}
  }

  @Test func aMissingFolderIsNamed() {
    #expect { try RunLock(folder: folder.file("none")) } throws: { "\($0)".contains("none/run.lock") }
  }
}
