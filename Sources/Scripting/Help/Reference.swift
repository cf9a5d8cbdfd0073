/// The help of everything as a page of Markdown.
public struct Reference {
  private let state: LuaState

  public init(_ state: LuaState) { self.state = state }

  public var text: String {
    var lines = [
      "# What Lua sees", "",
      "Made by `tel help --markdown`. Letters are sizes: N images, C channels, K classes, E channels of an embedding, H × W pixels.",
      "`?name` at the prompt and `tel.help(x)` show the same. Below `>` and `.` is what one types, then what is shown.",
      "",
    ]
    for (title, names) in sections where !names.isEmpty {
      lines += ["## \(title)", ""]
      if title == Self.standard {
        lines += names.map { "- `\($0)\(StandardHelp.lines[$0] ?? "")`" } + [""]
      } else {
        lines += names.flatMap(topic)
      }
    }
    return lines.dropLast().joined(separator: "\n") + "\n"
  }

  private static let standard = "Lua's own functions"

  /// Namespaces in the order of their names, then methods, then what is Lua's own.
  private var sections: [(String, [String])] {
    let names = state.topicNames
    let ours = names.filter { state.documentation[$0] != nil }
    let groups = Dictionary(grouping: ours, by: Self.section)
    return groups.sorted { Self.order($0.key) < Self.order($1.key) }.map { ($0.key, $0.value) }
      + [(Self.standard, names.filter { state.documentation[$0] == nil })]
  }

  /// "tel.tree.mst" is in "tel.tree", "tensor:sum" in "tensor:…", "tel.zeros" in "tel".
  private static func section(_ name: String) -> String {
    if let colon = name.firstIndex(of: ":") { return name[..<colon] + ":…" }
    let parts = name.split(separator: ".").dropLast()
    return parts.isEmpty || parts == ["math"] ? "Lua's functions, changed" : parts.joined(separator: ".")
  }

  private static func order(_ section: String) -> String {
    section == "tel" ? "0" : section.hasPrefix("tel.") ? "1" + section : section.hasSuffix(":…") ? "2" + section : "3"
  }

  private func topic(_ name: String) -> [String] {
    guard let topic = state.topic(named: name) else { return [] }
    var lines = ["### \(name)", "", "```", topic.name + topic.help, "```", ""]
    if !topic.keys.isEmpty {
      lines += ["| key | what | may be | default |", "|---|---|---|---|"]
      lines += topic.keys.map { key in
        let cells = [
          "`\(key.name)`", key.text ?? "", key.expectation, key.value.map { "`\($0)`" } ?? "",
        ].map { $0.replacing("|", with: "\\|") }
        return "| " + cells.joined(separator: " | ") + " |"
      }
      lines.append("")
    }
    if !topic.example.isEmpty { lines += ["```"] + topic.example.lines + ["```", ""] }
    return lines
  }
}
