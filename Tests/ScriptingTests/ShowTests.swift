import Foundation
import Pictures
import Scripting
import Storage
import Tensors
import Testing

/// What a script showed.
private final class Shown {
  var exhibits: [Exhibit] = []

  /// Runs a script whose pictures come here.
  func run(_ text: String) throws {
    let state = LuaState(seed: 1)
    state.registerNamespaces()
    state.display = LuaDisplay { exhibit, _ in self.exhibits.append(exhibit) }
    _ = try results(text, in: state)
  }

  static func failure(_ text: String) -> String {
    let state = LuaState(seed: 1)
    state.registerNamespaces()
    state.display = LuaDisplay { _, _ in }
    return ScriptingTests.failure(text, in: state)
  }
}

extension AllScripting {
  @Suite struct Showing {
    @Test func picturesGoToTheDisplay() throws {
      let shown = Shown()
      try shown.run(
        """
        local image = tel.full({3, 4, 6}, 128):to("uint8")
        local labels = tel.tensor{{0, 1}, {1, -1}}:to("int32")
        tel.show(image)
        tel.show(tel.rand(3, 4, 6))
        tel.show(labels, {palette = "cityscapes"})
        tel.show(tel.zeros(3, 2, 2):to("uint8"), {labels = labels, palette = "voc", opacity = 1})
        tel.show(tel.rand(5, 9))
        tel.show({3, 1, 2})
        tel.show({loss = {3, 2, 1}, score = tel.arange(3)}, {title = "Both", x = "step", y = "value"})
        tel.show(tel.arange(7))
        """)
      #expect(shown.exhibits.count == 8)
      let sizes = shown.exhibits.prefix(4).map { [$0.picture.image.width, $0.picture.image.height] }
      #expect(sizes == [[6, 4], [6, 4], [2, 2], [2, 2]])
      #expect(shown.exhibits[0].picture.image.pixels.allSatisfy { $0 == 128 })
      #expect(Array(shown.exhibits[2].picture.image.pixels.prefix(6)) == [128, 64, 128, 244, 35, 232])
      #expect(Array(shown.exhibits[3].picture.image.pixels.suffix(6)) == [128, 0, 0, 0, 0, 0])
      #expect(shown.exhibits.map(\.picture.usualEnding) == ["png", "png", "png", "png", "png", "svg", "svg", "svg"])
      let svg = try shown.exhibits[6].picture.svg()
      for text in [">Both<", ">loss<", ">score<", ">step<", ">value<"] { #expect(svg.contains(text), "\(text)") }
      #expect(shown.exhibits.allSatisfy { !$0.title.isEmpty && $0.file == nil })
    }

    @Test func treesAreShownWithTheirImageAndTheirAffinity() throws {
      let shown = Shown()
      try shown.run(
        """
        local guide = tel.rand(2, 3, 4, 6)
        local tree = tel.tree.mst(guide)
        tel.show(tree, {image = tel.zeros(3, 8, 12):to("uint8"), index = 2})
        tel.show(tree, {pixel = {5, 3}, embedding = guide, sigma = 0.1})
        """)
      guard case .drawing(let tree) = shown.exhibits[0].picture else { return #expect(Bool(false)) }
      var lines = 0
      for case .segments(let list, _) in tree.elements { lines += list.count }
      #expect(lines == 23)
      #expect(shown.exhibits[1].title == "affinity to pixel 5,3")
    }

    @Test func mistakesAreExplained() {
      #expect(Shown.failure("tel.show()").contains("a tensor, a tree, a table of numbers"))
      #expect(Shown.failure("tel.show(tel.rand(2, 3, 4, 5))").contains("[3, H, W]"))
      #expect(Shown.failure("tel.show({1, 'x'})").contains("numbers in the list"))
      #expect(Shown.failure("tel.show({a = {1}, b = 'x'})").contains("as \"b\""))
      #expect(Shown.failure("tel.show({})").contains("at least one number"))
      #expect(Shown.failure("tel.show({1}, {titel = 'x'})").contains("title"))
      #expect(Shown.failure("tel.show(tel.zeros(2, 2):to('int32'), {palette = 'pink'})").contains("cityscapes"))
      let tree = "local g = tel.rand(1, 3, 4, 6) local t = tel.tree.mst(g) "
      #expect(Shown.failure(tree + "tel.show(t, {pixel = {6, 0}, embedding = g})").contains("{5, 3}"))
      #expect(Shown.failure(tree + "tel.show(t, {pixel = {0, 0}})").contains("embedding"))
      #expect(Shown.failure(tree + "tel.show(t, {index = 2})").contains("from 1 to 1"))
      #expect(Shown.failure("tel.show({1}, {out = 'a.gif'})").contains(".png or .svg"))
      #expect(Shown.failure("tel.show({1}, {out = '/elsewhere/a.png'})").contains("not allowed"))
      #expect(Shown.failure("tel.show('nowhere.h5')").contains("nowhere.h5"))
    }

    @Test func withoutATerminalPicturesBecomeFilesWithFreshNames() throws {
      try withFolder { folder in
        let state = LuaState(seed: 1)
        state.registerNamespaces()
        state.writePolicy.allow(folder.path)
        state.outputFolder = folder.path
        state.display = .files
        var printed = ""
        state.output = LuaOutput { printed += String(decoding: $0, as: UTF8.self) }
        try state.run(
          "tel.show(tel.zeros(3, 2, 2):to('uint8')) tel.show(tel.zeros(3, 2, 2):to('uint8')) tel.show({1, 2})",
          name: "test.lua")
        #expect(
          printed == ["picture.png", "picture-2.png", "picture.svg"].map { folder.path + "/" + $0 + "\n" }.joined())
        #expect(
          try ImageFile.read(folder.path + "/picture-2.png") == Image8(width: 2, height: 2, channels: 3))
        try state.run("tel.show({1, 2}, {out = '\(folder.path)/mine.svg'})", name: "test.lua")
        #expect(printed.hasSuffix(folder.path + "/mine.svg\n"))
        #expect(!FileManager.default.fileExists(atPath: folder.path + "/picture-3.svg"))
      }
    }

    @Test func whatIsShownCanBecomeATensor() throws {
      let state = LuaState(seed: 1)
      state.registerNamespaces()
      #expect(
        try results(
          "local x = tel.image.draw({1, 2, 3}) return x:shape()[1], x:dtype(), x:shape()[3] > 300", in: state)
          == ["3", "uint8", "true"])
    }
  }
}
