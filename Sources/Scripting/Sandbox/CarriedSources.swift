import Storage
import Tensors

/// The Lua sources inside of a file of ours: a recipe, and the modules that it requires.
struct CarriedSources {
  /// The recipe itself.
  let main: RecipeSource
  private let modules: [String: RecipeSource]

  /// - Throws: `CarriedRecipeError.noSources`.
  init(_ record: RecipeRecord, file: String) throws {
    guard let main = record.sources.first else { throw CarriedRecipeError.noSources(file: file) }
    self.main = main
    // Names are as they were shown when the sources were loaded: the recipe's folder, and the module's place below it.
    let folder = main.name.lastIndex(of: "/").map { main.name[...$0] } ?? ""
    modules = Dictionary(
      record.sources.dropFirst().map { source in
        (source.name.hasPrefix(folder) ? String(source.name.dropFirst(folder.count)) : source.name, source)
      }, uniquingKeysWith: { first, _ in first })
  }

  /// The source of a file below the recipe's folder.
  func module(_ file: String) -> RecipeSource? { modules[file] }
}

/// Files whose recipe can't be run.
public enum CarriedRecipeError: ExplainedError, Equatable {
  case noSources(file: String)

  public var explanation: Explanation {
    switch self {
    case .noSources(let file):
      Explanation(
        "the file carries no recipe", place: file, expected: "results or a checkpoint of a run",
        advice: "tel inspect \(file) says what it is")
    }
  }
}
