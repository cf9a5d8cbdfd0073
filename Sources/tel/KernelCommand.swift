import ArgumentParser
import Foundation
import Notebook
import Scripting

/// `tel kernel`: what Jupyter starts, and how it gets to know of it.
struct KernelCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "kernel", abstract: "Run cells for Jupyter.", subcommands: [Start.self, Install.self],
    defaultSubcommand: Start.self)

  /// `tel kernel CONNECTION_FILE`: Jupyter starts this by itself.
  struct Start: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "start", abstract: "Run cells for the client that wrote a connection file; Jupyter calls this.")

    @OptionGroup var host: HostOptions

    @Argument(help: ArgumentHelp("The file that the client wrote.", valueName: "connection-file"))
    var connectionFile: String

    func run() throws {
      let session = Session(try host.makeState())
      try JupyterKernel(
        connectionFile: connectionFile, session: session, version: Version.text, describe: ErrorText.text(of:)
      ).run()
    }
  }

  /// `tel kernel install`: makes tel known to Jupyter.
  struct Install: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "install", abstract: "Make tel known to Jupyter.",
      discussion: "--seed, --threads, --data-root and --trust are given to the kernel whenever Jupyter starts it.")

    @Flag(help: "For yourself alone, in your folder of Jupyter's data (the default).")
    var user = false

    @Option(help: ArgumentHelp("For a Jupyter that is installed below this folder.", valueName: "dir"))
    var prefix: String?

    @Flag(help: "For the Jupyter of the active virtual environment (VIRTUAL_ENV or CONDA_PREFIX).")
    var sysPrefix = false

    @Option(help: "What commands call the kernel.")
    var name = "tel"

    @Option(help: "What menus call the kernel.")
    var displayName = "tel"

    @OptionGroup var host: HostOptions

    func validate() throws {
      if [user, prefix != nil, sysPrefix].count(where: { $0 }) > 1 {
        throw ValidationError("--user, --prefix and --sys-prefix exclude each other")
      }
      guard !name.isEmpty, name.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "._-".contains($0)) }) else {
        throw ValidationError("--name takes letters, digits, points, hyphens and underscores")
      }
    }

    func run() throws {
      let specification = KernelSpecification(
        executable: Self.executable, options: host.arguments, displayName: displayName)
      let folder = try specification.install(in: try base(), name: name)
      print("\(folder): Jupyter starts \(Self.executable) for notebooks of \"\(displayName)\"")
      print("jupyter kernelspec remove \(name) undoes it")
    }

    private func base() throws -> String {
      if let prefix { return KernelSpecification.folder(prefix: URL(fileURLWithPath: prefix).path) }
      guard sysPrefix else { return KernelSpecification.userFolder() }
      let environment = ProcessInfo.processInfo.environment
      guard let active = environment["VIRTUAL_ENV"] ?? environment["CONDA_PREFIX"] else {
        throw ValidationError("--sys-prefix needs an active virtual environment; --prefix DIR names one")
      }
      return KernelSpecification.folder(prefix: active)
    }

    /// This command's own file.
    private static var executable: String {
      (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
        ?? URL(fileURLWithPath: CommandLine.arguments[0]).path
    }
  }
}
