import Foundation
import Scripting

/// Completion within a string that is being written: what a key may be, names in an open file, files.
struct StringCompletion {
  let session: Session
  let source: CellSource
  let string: LuaToken

  var completion: Session.Completion {
    let before = CellSource(source.text, tokens: Array(source.tokens.dropLast()))
    for call in EnclosingCall.all(around: before) {
      let choices = choices(call, before)
      if !choices.isEmpty { return completion(choices.filter { $0.hasPrefix(string.text) }.sorted(), from: 0) }
    }
    if let file = file(before) { return paths { file.names(below: $0.isEmpty ? "/" : $0) } }
    return paths(files)
  }

  /// The strings that the key may be whose value is being written.
  private func choices(_ call: EnclosingCall, _ before: CellSource) -> [String] {
    guard let schema = session.schema(of: call) else { return [] }
    // Within a list of strings the key is that of the list.
    let path = call.path + (call.key.map { [$0] } ?? (call.isInTable ? ["[]"] : []))
    return session.types(schema, path).flatMap(\.choices)
  }

  /// The open file whose method the string is an argument of.
  private func file(_ before: CellSource) -> (any LuaPaths)? {
    guard let call = EnclosingCall.all(around: before).first, call.function.endsInMethod,
      case .object(let object) = call.function.owner(in: session.state)
    else { return nil }
    return object as? any LuaPaths
  }

  /// What is in a folder; folders end with a slash. Relative ones are looked up where tel looks up paths.
  private func files(in folder: String) -> [String] {
    let home = FileManager.default.homeDirectoryForCurrentUser.path
    let path = folder == "~/" || folder.hasPrefix("~/") ? home + folder.dropFirst() : folder
    let folders = path.hasPrefix("/") ? [path] : session.state.paths.candidates(path.isEmpty ? "." : path)
    return folders.flatMap { folder in
      ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).map { name in
        var isFolder: ObjCBool = false
        _ = FileManager.default.fileExists(atPath: folder + "/" + name, isDirectory: &isFolder)
        return isFolder.boolValue ? name + "/" : name
      }
    }
  }

  /// Completes the last part of a path; hidden names only where a point was written.
  private func paths(_ list: (String) -> [String]) -> Session.Completion {
    let slash = string.text.lastIndex(of: "/").map { string.text.index(after: $0) } ?? string.text.startIndex
    let (folder, part) = (String(string.text[..<slash]), string.text[slash...])
    let names = Set(list(folder).filter { $0.hasPrefix(part) && (part.hasPrefix(".") || !$0.hasPrefix(".")) })
    return completion(names.sorted(), from: folder.utf8.count)
  }

  private func completion(_ candidates: [String], from offset: Int) -> Session.Completion {
    let end = string.range.upperBound
    return Session.Completion(range: end - string.text.utf8.count + offset..<end, candidates: candidates)
  }
}
