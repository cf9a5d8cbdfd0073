import Training

extension LuaCall {
  /// Argument `n`, how an image is shown to a network: `{scales=, flip=, window=}`.
  func evaluationViews(_ n: Int) throws -> EvaluationViews {
    let options = try options(n, known: ["scales", "flip", "window"])
    var views = EvaluationViews(flip: try options.value("flip") ?? false)
    if let scales: [Double] = try options.value("scales") {
      let range = EvaluationViews.scaleRange
      guard !scales.isEmpty, scales.allSatisfy(range.contains) else {
        throw options.wrong(
          "scales",
          expected: "a list of factors from \(range.lowerBound) to \(range.upperBound), such as {0.75, 1, 1.25}")
      }
      views.scales = scales
    }
    if let sides: [Int] = try options.value("window") {
      guard sides.count == 2, sides.allSatisfy({ $0 > 0 }) else {
        throw options.wrong("window", expected: "{width, height} in pixels, such as {1024, 512}")
      }
      views.window = EvaluationWindow(height: sides[1], width: sides[0])
    }
    return views
  }
}
