import CLuaHost
import Foundation
import Storage
import Tensors

/// An error on its way through Lua as a message: what it was in Swift, and the Lua value if that was no string.
struct PassingError {
  let message: String
  let error: any Error
  let value: LuaReference?
}

extension LuaState {
  /// Runs a Lua file.
  /// - Parameters:
  ///   - path: what errors call it; it is kept in `sources`. `require` looks in its folder.
  ///   - arguments: what the file sees as `...` and in the global `arg`.
  /// - Returns: what the file returns.
  @discardableResult public func run(file path: String, arguments: [String] = []) throws -> [LuaValue] {
    try run(try source(ofFile: path, arguments: arguments), name: path, arguments: arguments)
  }

  /// The text of a Lua file that is to be run; from now on `require` looks in its folder, and `arg` is what it sees.
  public func source(ofFile path: String, arguments: [String] = []) throws -> String {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw ScriptError.unreadable(path: path, exists: FileManager.default.fileExists(atPath: path))
    }
    moduleFolder = URL(fileURLWithPath: path).deletingLastPathComponent().path
    set("arg", LuaValue.table(argumentTable(path, arguments)))
    let text = String(decoding: data, as: UTF8.self)
    remember(source: text, name: path)
    return text
  }

  /// Runs the recipe that a file of ours carries, with the modules from that file. From here on the state reads the folder of
  /// datasets and `outputFolder` only, and writes the latter only; nothing of this can be undone.
  /// - Parameter folder: a folder that is this run's own.
  /// - Returns: what the recipe's source returns.
  /// - Throws: `ScriptError`; `CarriedRecipeError.noSources`.
  public func run(carried record: RecipeRecord, file: String, arguments: [String], out folder: String) throws
    -> [LuaValue]
  {
    let sources = try CarriedSources(record, file: file)
    carried = sources
    outputFolder = WritePolicy.resolved(folder)
    writePolicy = WritePolicy(only: folder)
    set("arg", LuaValue.table(argumentTable(sources.main.name, arguments)))
    return try run(sources.main.text, name: sources.main.name, arguments: arguments)
  }

  /// Runs Lua text that errors call `name`.
  @discardableResult public func run(_ text: String, name: String, arguments: [String] = []) throws -> [LuaValue] {
    sources.add(name: name, text: text)
    return try load(text, name: name).call(list: arguments)
  }

  private func argumentTable(_ path: String, _ arguments: [String]) -> LuaTable {
    let table = LuaTable(in: self)
    table.set(0, path)
    for (i, argument) in arguments.enumerated() { table.set(i + 1, argument) }
    return table
  }

  /// Translates Lua text to a function without running it.
  /// - Throws: `ScriptError.syntax`.
  public func load(_ text: String, name: String) throws -> LuaFunction {
    reserve()
    var text = text
    // A mark that some editors begin files with.
    if text.utf8.starts(with: [0xEF, 0xBB, 0xBF]) { text = String(Substring(text.utf8.dropFirst(3))) }
    // A first line that starts with # is for the shell.
    if text.hasPrefix("#") { text = "--" + text }
    let status = text.withUTF8 { bytes in
      bytes.withMemoryRebound(to: CChar.self) { bytes in
        luaL_loadbufferx(thread, bytes.baseAddress, bytes.count, "@" + name, "t")
      }
    }
    if status == LUA_OK { return LuaFunction(LuaReference(popping: self)) }
    let message = errorText(-1)
    pop()
    throw ScriptError.syntax(message: message)
  }

  /// Calls the function that lies under `arguments` values and leaves its results in their place.
  func callTop(arguments: Int) throws {
    let status = tel_call(thread, Int32(arguments), LUA_MULTRET)
    if status != LUA_OK { throw popError(status) }
  }

  /// Makes a Swift error of the one that a protected call left on the stack.
  func popError(_ status: Int32) -> any Error {
    defer { pop() }
    if Interruption.isRequested { return Interrupted() }
    if status == LUA_ERRMEM { return ScriptError.memory(site: site) }
    // First, since asking an error value for its text forgets where it was raised.
    tel_push_traceback(thread)
    let traceback = String.read(-1, from: self) ?? ""
    pop()
    let message = errorText(-1)
    let isText = lua_type(thread, -1) == LUA_TSTRING
    let cause = passing.flatMap { $0.message == message ? $0.error : nil }
    if case ScriptError.memory? = cause { return ScriptError.memory(site: nil) }
    let error = ScriptError.raised(message: message, traceback: traceback, cause: ScriptError.root(of: cause))
    passing = PassingError(message: message, error: error, value: isText ? nil : LuaReference(-1, in: self))
    return error
  }

  /// Pushes an error for Lua: its text, with the place of the call in front, or the value that a script raised.
  func pushError(_ error: any Error) {
    if case ScriptError.raised(let message, _, _) = error, let passing, passing.message == message,
      let value = passing.value
    {
      value.push()
      return
    }
    let message: String
    switch error {
    case let error as ScriptError: message = error.explanation.text
    case let error as any ExplainedError:
      message = [site?.text, error.explanation.text].compactMap(\.self).joined(separator: ": ")
    default: message = [site?.text, "\(error)"].compactMap(\.self).joined(separator: ": ")
    }
    if passing?.message != message || !(error is ScriptError) {
      passing = PassingError(message: message, error: error, value: nil)
    }
    message.push(to: self)
  }

  /// The error value at `index` as text.
  private func errorText(_ index: Int32) -> String {
    if let text = String.read(index, from: self) { return text }
    if luaL_getmetafield(thread, index, "__tostring") != LUA_TNIL {
      pop()
      if let text = try? text(of: index) { return text }
    }
    return "an error value that is \(describe(index))"
  }

  /// What `tostring` makes of the value at `index`, metamethods included.
  func text(of index: Int32) throws -> String {
    reserve()
    let status = tel_tostring(thread, index)
    if status != LUA_OK { throw popError(status) }
    defer { pop() }
    return String.read(-1, from: self) ?? ""
  }
}
