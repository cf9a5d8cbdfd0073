import Synchronization

/// Things a user should hear once about the data: collected while samples are read on any thread, told by whoever runs.
public final class Notices: Sendable {
  private let state = Mutex<(texts: [String], told: Int, kinds: Set<String>)>(([], 0, []))

  private let parts: [Notices]

  public init() { parts = [] }

  /// The notices of several data sets as one.
  init(joining parts: [Notices]) { self.parts = parts }

  /// Adds a notice unless one of this kind was given before.
  public func add(_ kind: String, _ text: String) {
    state.withLock { if $0.kinds.insert(kind).inserted { $0.texts.append(text) } }
  }

  /// All notices so far.
  public var all: [String] { state.withLock { $0.texts } + parts.flatMap(\.all) }

  /// Notices that came since this was last asked.
  public func takeNew() -> [String] {
    let own = state.withLock { state in
      defer { state.told = state.texts.count }
      return Array(state.texts[state.told...])
    }
    return own + parts.flatMap { $0.takeNew() }
  }
}
