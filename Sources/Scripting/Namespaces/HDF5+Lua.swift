import Autograd
import Foundation
import Storage
import Tensors

/// What `tel.hdf5.open` gives Lua: a file whose image is in memory until `close`, which writes it whole.
final class LuaHDF5File: LuaObject, LuaPaths {
  static let luaClass = LuaClass("file")

  private let file: HDF5File
  private let target: String?
  private var isOpen = true
  private var isChanged: Bool

  init(reading path: String) throws {
    (file, target, isChanged) = (try HDF5File(reading: path), nil, false)
  }

  /// - Parameter updating: whether what the file holds already is kept.
  init(writing path: String, updating: Bool) throws {
    let exists = FileManager.default.fileExists(atPath: path)
    file = updating && exists ? try HDF5File(updating: path) : try HDF5File(creating: path)
    (target, isChanged) = (path, !(updating && exists))
  }

  /// A script that forgot to close its file still gets it written.
  deinit {
    do { try close() } catch { FileHandle.standardError.write(Data("\(error)\n".utf8)) }
  }

  func open(_ call: LuaCall) throws -> HDF5File {
    guard isOpen else {
      throw ScriptError.refused(
        function: call.name, what: "the file was closed", advice: "open it again", site: call.site)
    }
    return file
  }

  /// The file as long as it is open.
  var openFile: HDF5File? { isOpen ? file : nil }

  func names(below path: String) -> [String] {
    guard isOpen, let keys = try? file.keys(path) else { return [] }
    return keys.map { key in
      if case .group? = try? file.info((path.hasSuffix("/") ? path : path + "/") + key) { key + "/" } else { key }
    }
  }

  func changing(_ call: LuaCall) throws -> HDF5File {
    guard target != nil else {
      throw ScriptError.refused(
        function: call.name, what: "the file was opened for reading",
        advice: "open it with \"w\" (a new file) or \"a\" (add to it)",
        site: call.site)
    }
    isChanged = true
    return try open(call)
  }

  /// Writes what changed beside the target and renames it, then closes.
  func close() throws {
    guard isOpen else { return }
    isOpen = false
    defer { file.close() }
    if isChanged, let target { try file.write(to: target) }
  }
}

extension LuaState {
  func registerHDF5() {
    register(
      "tel.hdf5.open",
      help: "(path, mode = \"r\") -> file; \"r\" reads, \"w\" makes a new file, \"a\" adds to one. Written when closed."
    ) { call in
      let path: String = try call.argument(1, "path")
      switch try call.optional(2, "mode", as: String.self) ?? "r" {
      case "r": return try LuaHDF5File(reading: call.state.paths.resolve(path))
      case "w": return try LuaHDF5File(writing: call.state.writePolicy.resolve(path), updating: false)
      case "a": return try LuaHDF5File(writing: call.state.writePolicy.resolve(path), updating: true)
      default: throw call.wrong(2, "mode", expected: "\"r\", \"w\" or \"a\"")
      }
    }
    register(LuaHDF5File.self) { methods in
      methods.add("read", help: "(path) -> tensor, string, or list of strings") { file, call in
        try read(file.open(call), call)
      }
      methods.add("write", help: "(path, tensor|number|string|list|table): a table of names becomes a group") {
        file, call in
        try write(file.changing(call), try call.argument(1, "path"), try call.argument(2, "value"), call)
        return nil
      }
      methods.add("keys", help: "(path = \"/\") -> list of names in a group") { file, call in
        try file.open(call).keys(try call.optional(1, "path") ?? "/")
      }
      methods.add("exists", help: "(path) -> whether there is a group or dataset") { file, call in
        try file.open(call).exists(try call.argument(1, "path"))
      }
      methods.add("attributes", help: "(path = \"/\", {name = value}?) -> the attributes, after setting those given") {
        file, call in
        let path = try call.optional(1, "path") ?? "/"
        if let table = try call.optional(2, "attributes", as: LuaTable.self) {
          for name in table.names {
            try file.changing(call).setAttribute(name, of: path, try attribute(table[name], name, call))
          }
        }
        return try file.open(call).attributes(path).mapValues { AttributeResult(value: $0) }
      }
      methods.add("close", help: "(): writes what changed and closes") { file, _ in
        try file.close()
        return nil
      }
    }
  }
}

private func read(_ file: HDF5File, _ call: LuaCall) throws -> (any LuaWritable)? {
  let path: String = try call.argument(1, "path")
  let stored: StoredArray
  switch try file.info(path) {
  case .array(let array): stored = array
  case .text(let shape): return shape.isEmpty ? try file.readString(path) : try file.readStrings(path)
  case .group:
    throw call.wrong(
      1, "path", expected: "a dataset; \(path) is a group of \(try file.keys(path).joined(separator: ", "))")
  case .other(let type): throw call.wrong(1, "path", expected: "numbers or text; \(path) is of the type \(type)")
  }
  if stored.isConverted {
    FileHandle.standardError.write(
      Data("note: \(file.name): \(path) is \(stored.storedType), read as \(stored.type.rawValue)\n".utf8))
  }
  return Variable(try file.read(path))
}

private func write(
  _ file: HDF5File, _ path: String, _ value: LuaValue, _ call: LuaCall, within outer: TableChain = TableChain()
) throws {
  switch value {
  case .object(let object as Variable): try file.write(path, object.value.contiguous(), compressed: false)
  case .integer(let number): try file.write(path, number)
  case .number(let number): try file.write(path, number)
  case .boolean(let flag): try file.write(path, flag ? 1 : 0)
  case .string(let text): try file.write(path, text)
  case .table(let table):
    let list = table.list
    if table.keys.count == list.count && !list.isEmpty { return try writeList(file, path, list, call) }
    guard let chain = outer.adding(table) else {
      throw call.wrong(2, "value", expected: "no table that contains itself, as the one for \(path) does")
    }
    try file.createGroup(path)
    guard table.names.count == table.keys.count else {
      throw call.wrong(2, "value", expected: "a list, or a table whose keys are all names")
    }
    for name in table.names {
      try write(file, (path.hasSuffix("/") ? path : path + "/") + name, table[name], call, within: chain)
    }
  default:
    throw call.wrong(2, "value", expected: "a tensor, a number, a string, a list of them, or a table of these by name")
  }
}

private func writeList(_ file: HDF5File, _ path: String, _ list: [LuaValue], _ call: LuaCall) throws {
  let texts = list.compactMap { if case .string(let text) = $0 { text } else { nil } }
  if texts.count == list.count { return try file.write(path, texts) }
  let integers = list.compactMap { if case .integer(let number) = $0 { Int64(number) } else { nil } }
  if integers.count == list.count { return try file.write(path, integers) }
  let numbers: [Double] = try list.map { value in
    switch value {
    case .integer(let number): return Double(number)
    case .number(let number): return number
    default: throw call.wrong(2, "value", expected: "a list of numbers or of strings, not both or anything else")
    }
  }
  try file.write(path, numbers)
}

private func attribute(_ value: LuaValue, _ name: String, _ call: LuaCall) throws -> AttributeValue {
  switch value {
  case .integer(let number): return .integer(number)
  case .number(let number): return .double(number)
  case .boolean(let flag): return .integer(flag ? 1 : 0)
  case .string(let text): return .string(text)
  default: throw call.wrong(2, "attributes", expected: "numbers and strings; \(name) is \(value.shown)")
  }
}

/// An attribute on its way to Lua.
private struct AttributeResult: LuaWritable {
  let value: AttributeValue

  @discardableResult func push(to state: LuaState) -> Int {
    switch value {
    case .string(let text): text.push(to: state)
    case .integer(let number): number.push(to: state)
    case .double(let number): number.push(to: state)
    case .strings(let list): list.push(to: state)
    case .integers(let list): list.push(to: state)
    case .doubles(let list): list.push(to: state)
    }
  }
}
