import Autograd
import CLuaHost
import Tensors

/// A line of a Lua source.
public struct SourceSite: Sendable, Equatable {
  public let name: String
  public let line: Int

  public init(name: String, line: Int) { (self.name, self.line) = (name, line) }

  /// As errors show it: "recipe.lua:12".
  public var text: String { "\(name):\(line)" }
}

extension LuaState {
  /// The line of Lua that runs now: the nearest caller that is no function of ours.
  public var site: SourceSite? {
    var activation = lua_Debug()
    var level: Int32 = 0
    while lua_getstack(thread, level, &activation) != 0 {
      lua_getinfo(thread, "Sl", &activation)
      if activation.currentline > 0 { return activation.site(line: activation.currentline) }
      level += 1
    }
    return nil
  }

  /// Where the function on top of the stack was written; takes it off.
  func siteOfFunctionOnTop() -> SourceSite? {
    var activation = lua_Debug()
    lua_getinfo(thread, ">S", &activation)
    return activation.linedefined > 0 ? activation.site(line: activation.linedefined) : nil
  }

  /// The state that recorded operations ask for the line that runs: the last one that wanted to be asked.
  nonisolated(unsafe) private static var told: ObjectIdentifier?

  /// Lets recorded operations remember this state's line, so that errors about them can name it.
  func tellSitesToTape() {
    // A weak reference would make every call from Lua slower, so the state takes this back when it ends.
    let state = Unmanaged.passUnretained(self)
    Self.told = ObjectIdentifier(self)
    Tape.currentSite = { state.takeUnretainedValue().site?.text }
  }

  /// Ends what `tellSitesToTape` began.
  func stopTellingSites() {
    guard Self.told == ObjectIdentifier(self) else { return }
    Tape.currentSite = nil
    Self.told = nil
  }
}

extension lua_Debug {
  fileprivate func site(line: Int32) -> SourceSite {
    var name = source.map { String(cString: $0) } ?? "?"
    if name.hasPrefix("@") || name.hasPrefix("=") { name.removeFirst() } else { name = "[string]" }
    return SourceSite(name: name, line: Int(line))
  }
}
