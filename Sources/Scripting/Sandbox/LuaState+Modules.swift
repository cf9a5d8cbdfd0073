import CLuaHost
import Foundation

/// A module that `require` was asked for.
enum ModuleState {
  case loading
  case loaded(LuaValue)
}

extension LuaState {
  /// `require`: "a.b" is a/b.lua or a/b/init.lua under the recipe's folder; "tel" is the global.
  func registerRequire() {
    register("require", help: "(name) -> what the module returns. Looks in the recipe's folder only.") { call in
      let name: String = try call.argument(1, "name")
      if name == "tel" { return call.state.get("tel") }
      switch call.state.modules[name] {
      case .loaded(let value): return value
      case .loading:
        throw ScriptError.module(
          name: name, what: "it requires itself, by way of others", advice: "move what both need to a third file",
          site: call.site)
      case nil: break
      }
      let module = try call.state.module(name, site: call.site)
      call.state.modules[name] = .loading
      do {
        let results = try call.state.run(module.text, name: module.shown, arguments: [name])
        let value = results.first.flatMap { $0.isNil ? nil : $0 } ?? .boolean(true)
        call.state.modules[name] = .loaded(value)
        return value
      } catch {
        call.state.modules[name] = nil
        throw error
      }
    }
  }

  /// The text of a module, and what errors call it.
  private func module(_ name: String, site: SourceSite?) throws -> (text: String, shown: String) {
    let candidates = try moduleFiles(name, site: site)
    if let carried {
      for file in candidates { if let source = carried.module(file) { return (source.text, source.name) } }
      throw ScriptError.module(
        name: name, what: "the file that carries the recipe has no \(candidates.joined(separator: " or "))",
        advice: nil,
        site: site)
    }
    let path = try modulePath(name, candidates, site: site)
    guard let data = FileManager.default.contents(atPath: path.file) else {
      throw ScriptError.module(name: name, what: "\(path.shown) can't be read", advice: nil, site: site)
    }
    return (String(decoding: data, as: UTF8.self), path.shown)
  }

  /// The files that a module's name can mean, below the recipe's folder.
  private func moduleFiles(_ name: String, site: SourceSite?) throws -> [String] {
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    let isPlain = parts.allSatisfy { part in
      !part.isEmpty && part.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_" || $0 == "-") }
    }
    guard isPlain else {
      throw ScriptError.module(
        name: name, what: "this is no name of a module",
        advice: "use names as in require \"parts.losses\", for parts/losses.lua beside the recipe",
        site: site)
    }
    let stem = parts.joined(separator: "/")
    return ["\(stem).lua", "\(stem)/init.lua"]
  }

  /// The file of a module, and what errors call it.
  private func modulePath(_ name: String, _ candidates: [String], site: SourceSite?) throws -> (
    file: String, shown: String
  ) {
    let folder = WritePolicy.resolved(moduleFolder)
    for candidate in candidates where FileManager.default.fileExists(atPath: folder + "/" + candidate) {
      let file = WritePolicy.resolved(folder + "/" + candidate)
      guard file.hasPrefix(folder + "/") else {
        throw ScriptError.module(
          name: name, what: "\(candidate) is a link that leads out of the recipe's folder",
          advice: "copy the file there",
          site: site)
      }
      return (file, shownFolder + candidate)
    }
    throw ScriptError.module(
      name: name, what: "there is no \(candidates.joined(separator: " or ")) in \(moduleFolder)",
      advice: "modules are looked up in the recipe's folder only", site: site)
  }

  /// The recipe's folder as errors show it: as it was given, if that was relative.
  private var shownFolder: String {
    let current = FileManager.default.currentDirectoryPath
    if moduleFolder == current { return "" }
    return (moduleFolder.hasPrefix(current + "/") ? String(moduleFolder.dropFirst(current.count + 1)) : moduleFolder)
      + "/"
  }
}
