import Foundation
import Notebook
import Scripting
import Storage
import Tensors
import Training

/// The recipe inside of results or of a checkpoint, on its way to be run.
///
/// Whoever made the file made the recipe, so it is shown first and never run by itself; what it can reach then is a folder
/// of data to read and a fresh folder to write.
struct CarriedRecipe {
  let file: String
  let record: RecipeRecord

  /// Nil for a file that is no HDF5 file, as Lua files are.
  /// - Throws: `FormatError` for HDF5 files of another kind; `CarriedRecipeError`.
  init?(_ file: String) throws {
    guard let start = try? FileBytes(path: file, atMost: 8), start.array == Self.signature else { return nil }
    self.file = file
    record = try RecipeRecord(of: file)
    if record.sources.isEmpty { throw CarriedRecipeError.noSources(file: file) }
  }

  private static let signature: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a]

  /// The folder to write to, which has to be named and new or empty.
  /// - Throws: `SharingError`.
  func checkedOutput(_ out: String?, refusing options: [(name: String, isGiven: Bool)]) throws -> String {
    if let option = options.first(where: \.isGiven) { throw SharingError.refusedOption(option.name, file: file) }
    guard let out else { throw SharingError.noOutput(file: file) }
    var isFolder: ObjCBool = false
    if FileManager.default.fileExists(atPath: out, isDirectory: &isFolder) {
      let content = isFolder.boolValue ? try? FileManager.default.contentsOfDirectory(atPath: out) : nil
      guard content?.isEmpty == true else { throw SharingError.outputTaken(out) }
    }
    return out
  }

  func makeOutput(_ out: String) throws {
    do {
      try FileManager.default.createDirectory(atPath: out, withIntermediateDirectories: true)
    } catch {
      throw FileError.unwritable(path: out, reason: (error as NSError).localizedDescription)
    }
  }

  /// Shows the recipe and what it may do, and asks whether to run it.
  /// - Parameter isAgreed: `--yes`.
  /// - Throws: `SharingError.notAgreed`.
  func ask(out: String, dataRoot: String?, changes: [String], isAgreed: Bool) throws {
    for line in lines(out: out, dataRoot: dataRoot, changes: changes) { Console.standard.line(line) }
    if isAgreed { return }
    guard isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1 else { throw SharingError.notAgreed(canAsk: false) }
    switch LineReader().next(prompt: "run it? [y/N] ") {
    case .text(let answer) where ["y", "yes"].contains(answer.lowercased()): return
    case .interrupted: throw Interrupted()
    default: throw SharingError.notAgreed(canAsk: true)
    }
  }

  /// The sources, each line numbered behind a bar, so that no line can pass for one of ours.
  func lines(out: String, dataRoot: String?, changes: [String]) -> [String] {
    var lines = ["\(file.printable) carries this recipe:"]
    for source in record.sources {
      let text = Self.luaLines(source.text)
      lines += ["", "  \(source.name.printable), \(text.count) \(text.count == 1 ? "line" : "lines")"]
      for (index, line) in text.enumerated() {
        let number = String(index + 1)
        let shown = line.replacing("\t", with: "    ").printable
        lines.append(String(repeating: " ", count: max(0, 5 - number.count)) + number + " | " + shown)
      }
    }
    lines.append("")
    for change in changes { lines.append("  --set " + change.printable) }
    for argument in record.arguments { lines.append("  argument " + argument.printable) }
    let reads = dataRoot.map { "reads below \($0.printable)" } ?? "reads no files (--data-root names a folder of data)"
    lines.append("  It \(reads) and writes below \(out.printable) only; it can't start programs or use the network.")
    return lines
  }

  /// Lines as Lua counts them: a carriage return ends one too, and with it a comment.
  private static func luaLines(_ text: String) -> [String] {
    var (lines, line, last): ([String], String.UnicodeScalarView, Unicode.Scalar?) = ([], .init(), nil)
    for scalar in text.unicodeScalars {
      guard scalar == "\n" || scalar == "\r" else {
        line.append(scalar)
        last = nil
        continue
      }
      // Of two different ones the second belongs to the first.
      if let before = last, before != scalar {
        last = nil
        continue
      }
      lines.append(String(line))
      (line, last) = (.init(), scalar)
    }
    return line.isEmpty ? lines : lines + [String(line)]
  }
}
