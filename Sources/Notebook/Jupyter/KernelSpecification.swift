import Foundation
import Storage
import Tensors

/// What tells Jupyter how to start the kernel: a folder with a file in it.
public struct KernelSpecification {
  /// The absolute path of the command, and what stands behind `kernel`.
  public let executable: String
  public let options: [String]
  public let displayName: String

  public init(executable: String, options: [String] = [], displayName: String = "tel") {
    (self.executable, self.options, self.displayName) = (executable, options, displayName)
  }

  /// The text of `kernel.json`.
  public var text: String {
    let json: JSON = [
      "argv": .array(([executable, "kernel"] + options + ["{connection_file}"]).map { .string($0) }),
      "display_name": .string(displayName), "language": "lua", "interrupt_mode": "message",
      "metadata": ["debugger": false],
    ]
    return json.indented + "\n"
  }

  /// Where a user's Jupyter looks: `JUPYTER_DATA_DIR`, or `jupyter` in the user's folder of data.
  public static func userFolder(_ environment: [String: String] = ProcessInfo.processInfo.environment) -> String {
    func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
    let data = value("XDG_DATA_HOME") ?? (value("HOME") ?? NSHomeDirectory()) + "/.local/share"
    return value("JUPYTER_DATA_DIR") ?? data + "/jupyter"
  }

  /// Where a Jupyter that is installed below `prefix` looks.
  public static func folder(prefix: String) -> String { prefix + "/share/jupyter" }

  /// Writes it below a folder that Jupyter looks into.
  /// - Parameter name: what commands call the kernel.
  /// - Returns: the folder it went to.
  /// - Throws: `FileError`.
  public func install(in folder: String, name: String) throws -> String {
    let target = "\(folder)/kernels/\(name)"
    do {
      try FileManager.default.createDirectory(atPath: target, withIntermediateDirectories: true)
    } catch {
      throw KernelSpecificationError.folder(path: target, why: (error as NSError).localizedDescription)
    }
    try AtomicFile.write(text, to: target + "/kernel.json")
    return target
  }
}

/// A kernel that can't be made known.
public enum KernelSpecificationError: ExplainedError, Equatable {
  case folder(path: String, why: String)

  public var explanation: Explanation {
    switch self {
    case .folder(let path, let why):
      Explanation(
        "the kernel's folder can't be made: \(why)", place: path,
        advice: "--user for the folder of your own, or --prefix DIR for one that you may write to")
    }
  }
}
