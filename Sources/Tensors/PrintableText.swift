extension String {
  /// Without what moves a terminal's cursor, changes its colours or turns text around: names and texts from files can be anything.
  public var printable: String { replacingControls { _ in false } }

  /// The same for text of several lines, which keeps its line ends and tabs.
  public var printableLines: String { replacingControls { $0 == "\n" || $0 == "\t" } }

  private func replacingControls(except isKept: (Unicode.Scalar) -> Bool) -> String {
    func isHarmful(_ scalar: Unicode.Scalar) -> Bool {
      if scalar.isASCII { return (scalar.value < 32 || scalar.value == 127) && !isKept(scalar) }
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator: return true
      default: return false
      }
    }
    guard unicodeScalars.contains(where: isHarmful) else { return self }
    return String(String.UnicodeScalarView(unicodeScalars.map { isHarmful($0) ? "\u{FFFD}" : $0 }))
  }
}
