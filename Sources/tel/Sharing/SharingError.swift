import Tensors

/// What keeps files from being shown, compared, or run.
enum SharingError: ExplainedError, Equatable {
  case refusedOption(String, file: String)
  case noOutput(file: String)
  case outputTaken(String)
  case notAgreed(canAsk: Bool)
  case noRun(String, tried: [String])
  case nothingToShow(file: String, what: String)
  case noName(String, file: String, known: [String])
  case needsImage(file: String, what: String)
  case needsPixel
  case noEmbedding(network: String)
  case writtenInLua(file: String)

  var explanation: Explanation {
    switch self {
    case .refusedOption(let option, let file):
      Explanation(
        "\(option) doesn't go with a recipe that came inside of a file", place: file,
        advice: "read the recipe, save it as FILE.lua and run that")
    case .noOutput(let file):
      Explanation(
        "a recipe that came inside of a file writes to a folder of its own", place: file,
        expected: "--out DIR, a folder that doesn't exist yet")
    case .outputTaken(let out):
      Explanation(
        "there is something in the way", place: out,
        expected: "a folder that doesn't exist yet, or an empty one, for a recipe that came inside of a file")
    case .notAgreed(let canAsk):
      Explanation(
        "the recipe was not run" + (canAsk ? "" : ", since nobody could be asked"),
        advice: canAsk ? nil : "read it above, and say --yes if you agree")
    case .noRun(let name, let tried):
      Explanation(
        "\(name) is no run (looked for \(tried.joined(separator: ", ")))",
        expected: "a run's folder, its results.h5, or the name of a run below runs")
    case .nothingToShow(let file, let what):
      Explanation("there is nothing in it that can be drawn: \(what)", place: file, advice: "tel inspect \(file)")
    case .noName(let name, let file, let known):
      Explanation(
        "there is no \(name) in it", place: file,
        expected: known.isEmpty
          ? nil
          : "one of " + known.prefix(12).joined(separator: ", ")
            + (known.count > 12 ? ", … (\(known.count))" : ""))
    case .needsImage(let file, let what):
      Explanation(
        "weights alone can't be drawn: \(what)", place: file,
        expected: "--image FILE, or a recipe in the file whose validation images can be found (--data-root DIR)")
    case .needsPixel:
      Explanation("affinity is that of a pixel to all others", expected: "--pixel x,y, counted from 0")
    case .noEmbedding(let network):
      Explanation(
        "\(network) gives no embedding, so it has no high tree", expected: "HRNet, DeepLabV3+ or LTF with its embedding"
      )
    case .writtenInLua(let file):
      Explanation(
        "its network is none of the built-in ones, and no code of a file is run to draw", place: file,
        expected: "weights of HRNet, DeepLabV3+ or LTF",
        advice: "draw it in Lua: tel.show(…) after net:load(\"\(file)\")")
    }
  }
}
