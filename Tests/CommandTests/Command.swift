import Foundation
import Testing

/// The built command, run as a user would.
struct Command {
  var status: Int32
  var output: String
  var errors: String

  /// The command beside the test bundle; a missing one is a failure, never skipped.
  static func executable() throws -> URL {
    var folder = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath().deletingLastPathComponent()
    for _ in 0..<6 {
      let candidate = folder.appendingPathComponent("tel")
      var isFolder: ObjCBool = false
      if FileManager.default.fileExists(atPath: candidate.path, isDirectory: &isFolder), !isFolder.boolValue {
        return candidate
      }
      folder.deleteLastPathComponent()
    }
    throw Missing(beside: CommandLine.arguments[0])
  }

  struct Missing: Error { var beside: String }

  /// Runs `tel arguments…` in `folder` with `input` as its standard input.
  /// - Parameters:
  ///   - interruptAfter: seconds after which it gets `signal`
  ///   - signal: by default what Ctrl-C sends
  @discardableResult static func run(
    _ arguments: [String], in folder: URL = FileManager.default.temporaryDirectory, input: String = "",
    environment: [String: String] = [:], interruptAfter: Double? = nil, signal: Int32 = SIGINT
  ) throws -> Command {
    let process = Process()
    process.executableURL = try executable()
    process.arguments = arguments
    process.currentDirectoryURL = folder
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    let (stdin, stdout, stderr) = (Pipe(), Pipe(), Pipe())
    (process.standardInput, process.standardOutput, process.standardError) = (stdin, stdout, stderr)
    try process.run()
    stdin.fileHandleForWriting.write(Data(input.utf8))
    try stdin.fileHandleForWriting.close()
    if let interruptAfter {
      let id = process.processIdentifier
      Thread.detachNewThread {
        Thread.sleep(forTimeInterval: interruptAfter)
        kill(id, signal)
      }
    }
    let errors = Box()
    let reader = Thread { errors.fill(from: stderr.fileHandleForReading) }
    reader.start()
    let output = stdout.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return Command(
      status: process.terminationStatus, output: String(decoding: output, as: UTF8.self), errors: errors.text)
  }

  /// Collects one stream on a thread of its own, so that neither pipe can fill up.
  private final class Box: @unchecked Sendable {
    private let done = DispatchSemaphore(value: 0)
    private var data = Data()

    func fill(from handle: FileHandle) {
      data = handle.readDataToEndOfFile()
      done.signal()
    }

    var text: String {
      done.wait()
      return String(decoding: data, as: UTF8.self)
    }
  }
}

/// A fresh folder that is removed when `body` is done.
func withFolder<R>(_ body: (URL) throws -> R) throws -> R {
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent("tel-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  return try body(folder)
}

extension URL {
  /// Writes a file in this folder.
  func write(_ name: String, _ text: String) throws {
    try text.write(to: appendingPathComponent(name), atomically: true, encoding: .utf8)
  }
}
