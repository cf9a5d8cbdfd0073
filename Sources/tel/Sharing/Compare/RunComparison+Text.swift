import Pictures
import Storage

extension RunComparison {
  /// Everything as lines of text.
  /// - Parameter diffLimit: how many lines of the sources' difference; nil for all.
  func text(diffLimit: Int?) -> [String] {
    var lines = ["A  \(names.a)", "B  \(names.b)", ""]
    lines += table(["", "A", "B", "B - A"], figures.map { [$0.name, $0.a, $0.b, $0.difference] })
    let unfair = unfair
    lines.append("")
    if unfair.isEmpty {
      lines.append("fair as far as the files tell: same data, protocol, iterations and start")
    } else {
      lines.append("not a fair comparison:")
      lines += unfair.map { "  " + $0 }
    }
    if a.run.recipe.seed == b.run.recipe.seed {
      lines.append("both with seed \(a.run.recipe.seed): how far scores scatter from seed to seed isn't known")
    }
    if !classes.isEmpty {
      lines.append("")
      lines += table(
        ["IoU per class", "A", "B", "B - A"],
        classes.map { [$0.name, Figures.percent($0.a), Figures.percent($0.b), Figures.points($0.b - $0.a)] })
    }
    if !differences.isEmpty {
      lines.append("")
      lines += table(["recipe", "A", "B"], differences.map { [$0.path, $0.a, $0.b] }, numbers: false)
    }
    let difference = sourceDifference
    if difference.isEmpty {
      lines += ["", "the sources are the same"]
    } else {
      lines.append("")
      lines += difference.prefix(diffLimit ?? .max)
      if let diffLimit, difference.count > diffLimit {
        lines.append("… and \(difference.count - diffLimit) more lines (--all)")
      }
    }
    return lines
  }

  /// Columns below each other, all but the first to the right where they are numbers.
  private func table(_ header: [String], _ rows: [[String]], numbers: Bool = true) -> [String] {
    let longest = numbers ? 40 : 48
    let rows = ([header] + rows).map { row in
      row.map { $0.printable }.map { $0.count > longest ? $0.prefix(longest - 1) + "…" : $0 }
    }
    let widths = header.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      let cells = row.enumerated().map { column, text in
        let blanks = String(repeating: " ", count: widths[column] - text.count)
        return column == 0 || !numbers ? text + blanks : blanks + text
      }
      let line = cells.joined(separator: "  ")
      return String(line[..<(line.lastIndex { $0 != " " }.map(line.index(after:)) ?? line.startIndex)])
    }
  }

  /// Everything as a page.
  /// - Throws: `ImageError`.
  func page() throws -> HTMLPage {
    var page = HTMLPage(title: "\(names.a) and \(names.b)")
    page.facts([("A", names.a), ("B", names.b)])
    let unfair = unfair
    if unfair.isEmpty {
      page.paragraph("Fair as far as the files tell: same data, protocol, iterations and start.")
    } else {
      page.paragraph("Not a fair comparison:")
      page.list(unfair, kind: "warning")
    }
    page.heading("Figures")
    page.table(
      ["", "A", "B", "B − A"], figures.map { [.text($0.name), .number($0.a), .number($0.b), .number($0.difference)] })
    if let curves = curves(width: HTMLPage.chartWidth) {
      page.heading("Curves")
      try page.drawing(curves)
    }
    if !classes.isEmpty {
      page.heading("IoU per class")
      page.table(
        ["class", "A", "B", "B − A"],
        classes.map {
          [
            .text($0.name), .number(Figures.percent($0.a)), .number(Figures.percent($0.b)),
            .number(Figures.points($0.b - $0.a)),
          ]
        })
    }
    if !differences.isEmpty {
      page.heading("Recipes")
      page.table(["value", "A", "B"], differences.map { [.text($0.path), .text($0.a), .text($0.b)] })
    }
    for location in [a, b] {
      if let text = location.run.protocolText { page.paragraph("\(location.name): \(text)", kind: "remark") }
    }
    let difference = sourceDifference
    page.heading("Sources")
    if difference.isEmpty {
      page.paragraph("They are the same.")
    } else {
      page.code(difference.joined(separator: "\n"))
    }
    return page
  }
}
