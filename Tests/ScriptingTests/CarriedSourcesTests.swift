import Foundation
import Scripting
import Storage
import Testing

extension AllScripting {
  /// Recipes that came inside of a file.
  @Suite struct CarriedRecipes {
    /// Runs sources as a file carries them, in a folder with `data` (to read), `out` (to write) and `secret` (for nobody).
    private func run(_ sources: [(String, String)], _ body: (LuaState, URL, [LuaValue]) throws -> Void) throws {
      try withFolder { folder in
        for name in ["data", "out", "secret"] {
          try FileManager.default.createDirectory(
            at: folder.appendingPathComponent(name), withIntermediateDirectories: true)
        }
        let image = Image8(width: 2, height: 2, channels: 3, filling: 9)
        for name in ["data", "secret"] {
          try ImageFile.writePNG(image, to: folder.path + "/\(name)/image.png")
        }
        try FileManager.default.createSymbolicLink(
          atPath: folder.path + "/data/link.png", withDestinationPath: folder.path + "/secret/image.png")
        try "return 'from the disk'".write(
          to: folder.appendingPathComponent("module.lua"), atomically: true, encoding: .utf8)
        let state = LuaState(seed: 1)
        state.registerNamespaces()
        state.output = LuaOutput { _ in }
        state.dataRoot = folder.path + "/data"
        let record = RecipeRecord(sources: sources.map { RecipeSource(name: $0.0, text: $0.1) })
        let values = try state.run(
          carried: record, file: "results.h5", arguments: [folder.path], out: folder.path + "/out")
        try body(state, folder, values)
      }
    }

    private func values(_ text: String, modules: [(String, String)] = []) throws -> [String] {
      var result: [String] = []
      try run([("recipes/main.lua", text)] + modules) { _, _, values in result = values.map(shown) }
      return result
    }

    @Test func dataAreReadAndTheFolderIsWritten() throws {
      #expect(
        try values(
          """
          local x = tel.image.read("image.png")
          local folder = ...
          tel.image.write(folder .. "/out/copy.png", x)
          return x:shape()[2], tel.image.read("copy.png"):shape()[3], arg[1] == folder
          """) == ["2", "2", "true"])
    }

    @Test(arguments: [
      "tel.image.read(folder .. '/secret/image.png')", "tel.image.read('../secret/image.png')",
      "tel.image.read('link.png')", "tel.image.read('~/image.png')", "tel.image.read('/etc/passwd')",
      "tel.image.read_labels(folder .. '/secret/image.png')", "tel.hdf5.open(folder .. '/secret/x.h5')",
      "tel.show(folder .. '/secret/results.h5')",
      "tel.data.folder{images = folder .. '/secret', labels = folder .. '/secret', classes = 2}:count()",
      "tel.data.cityscapes{root = folder .. '/secret', split = 'train'}:count()",
      "tel.data.cityscapes{root = folder .. '/data', split = 'train', labels = '../../secret'}:count()",
      "tel.models.hrnet{classes = 2, width = 4, modules = {1, 1}, blocks = 1}:load(folder .. '/secret/w.h5')",
    ])
    func nothingElseIsRead(_ call: String) throws {
      let result = try values("local folder = ... local ok, e = pcall(function() \(call) end) return ok, tostring(e)")
      #expect(result[0] == "false")
      #expect(result[1].contains("may not be read"), "\(result[1])")
    }

    @Test(arguments: [
      "tel.image.write('here.png', tel.zeros(3, 2, 2):to('uint8'))",
      "tel.image.write(folder .. '/data/x.png', tel.zeros(3, 2, 2):to('uint8'))",
      "tel.image.write(folder .. '/out/../x.png', tel.zeros(3, 2, 2):to('uint8'))",
      "tel.hdf5.open(folder .. '/data/x.h5', 'w')", "tel.hdf5.open(folder .. '/data/x.h5', 'a')",
      "tel.show({1, 2}, {out = folder .. '/x.svg'})",
      "tel.models.hrnet{classes = 2, width = 4, modules = {1, 1}, blocks = 1}:save(folder .. '/w.h5')",
    ])
    func nothingElseIsWritten(_ call: String) throws {
      let result = try values("local folder = ... local ok, e = pcall(function() \(call) end) return ok, tostring(e)")
      #expect(result[0] == "false")
      #expect(result[1].contains("not allowed"), "\(result[1])")
    }

    @Test func modulesComeFromTheFileAlone() throws {
      let modules = [("recipes/parts/base.lua", "return 'carried'"), ("recipes/deep/init.lua", "return ...")]
      #expect(try values("return require 'parts.base', require 'deep'", modules: modules) == ["carried", "deep"])
      let result = try values("local ok, e = pcall(require, 'module') return ok, tostring(e)", modules: modules)
      #expect(result[0] == "false" && result[1].contains("no module.lua"), "\(result)")
    }

    @Test func aFileWithoutSourcesIsRefused() {
      #expect(throws: CarriedRecipeError.noSources(file: "a.h5")) {
        try LuaState().run(carried: RecipeRecord(), file: "a.h5", arguments: [], out: "/nowhere")
      }
    }

    @Test func recordedValuesOpenTheirDataSet() throws {
      let state = LuaState(seed: 1)
      state.registerNamespaces()
      let values: StoredValue = [
        "constructor": "tel.data.scenes", "size": [64, 32], "count": 3, "seed": 1, "first": 0, "labels": "dense",
        "augment": [["constructor": "tel.augment.flip", "p": 0.5]],
      ]
      let data = try #require(try state.dataset(recorded: values))
      #expect(data.count == 3)
      #expect(try data.sample(2).image.width == 64)
      #expect(try state.dataset(recorded: ["constructor": "tel.data.custom", "count": 3]) == nil)
      #expect(try state.dataset(recorded: ["constructor": "os.execute"]) == nil)
      #expect(try state.dataset(recorded: nil) == nil)
      #expect(throws: ScriptError.self) {
        try state.dataset(recorded: ["constructor": "tel.data.scenes", "count": "many"])
      }
    }
  }
}
