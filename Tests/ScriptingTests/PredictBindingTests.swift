import Datasets
import Foundation
import Networks
import Scripting
import Storage
import Testing
import Training

private func fullState() -> LuaState {
  let state = LuaState(seed: 1)
  state.registerNamespaces()
  return state
}

private let setup = """
  local net = tel.models.hrnet{classes = 4, width = 4, modules = {1, 1}, blocks = 1, bottlenecks = 1, stem = 8, embedding = 8}
  local image = (tel.rand(3, 40, 56) * 255):to('uint8')
  local function same(a, b) return a:eq(b):min():item() == 1 end

  """

extension AllScripting {
  @Suite struct Predictions {
    @Test func viewsAreAddedUp() throws {
      let script = """
        local input = tel.image.input(image)
        local logits = tel.no_grad(function() return net(input).logits + net(input:flip(4)).logits:flip(4) end)
        local options = {flip = true, scales = {1}, window = {56, 40}}
        local corners = {align_corners = true}
        local double = tel.nn.resize(net(tel.nn.resize(input, {80, 112}, corners)).logits, {40, 56}, corners)
        return same(net:predict(image, options), logits:labels()[1]),
          same(net:predict(image, {scales = {2}}), double:labels()[1]), net:predict(image, options):dtype(),
          table.concat(net:predict(image, {scales = {0.5}}):shape(), 'x')
        """
      #expect(try results(setup + script, in: fullState()) == ["true", "true", "int32", "40x56"])
    }

    @Test func logitsOfSeveralViewsAreToBeHad() throws {
      let script = """
        local input = tel.image.input(image)
        local plain = tel.no_grad(function() return net:eval()(input).logits end)
        local both = net:logits(input, {flip = true})
        local mirrored = tel.no_grad(function() return net(input:flip(4)).logits:flip(4) end)
        return same(net:logits(input), plain), (both - plain - mirrored):abs():max():item() < 1e-5,
          table.concat(both:shape(), 'x')
        """
      #expect(try results(setup + script, in: fullState()) == ["true", "true", "1x4x40x56"])
      for (argument, expected) in [("image", "found uint8"), ("tel.zeros(1, 4, 8, 8)", "[N, 3, H, W]")] {
        #expect(failure(setup + "net:logits(\(argument))", in: fullState()).contains(expected))
      }
    }

    @Test(arguments: [
      ("{scales = {}}", "such as {0.75, 1, 1.25}"), ("{scales = {0}}", "from 0.05 to 16"),
      ("{scales = {1, 'a'}}", "each entry a number"), ("{scales = 1}", "a list"), ("{flip = 1}", "true or false"),
      ("{window = {512}}", "{width, height}"), ("{window = {0, 512}}", "{width, height}"),
      ("{windows = {512, 512}}", "did you mean window?"),
    ]) func wrongOptionsTeach(_ options: String, _ expected: String) {
      let text = failure(setup + "net:predict(image, \(options))", in: fullState())
      #expect(text.contains(expected) && text.contains("test.lua:4"), "\(text)")
    }

    @Test func aRecipeSaysHowItIsTested() throws {
      func recipe(_ test: String) throws -> Experiment {
        let state = fullState()
        let text = """
          local net = tel.models.hrnet{classes = 11, width = 4, modules = {1}, blocks = 1, bottlenecks = 1, stem = 8, embedding = 8}
          local data = tel.data.scenes{size = {64, 32}, count = 2, window = {32, 16}}
          return tel.recipe{name = "r", iterations = 1, batch = 1, model = net, data = {train = data, val = data},
            loss = {tel.loss.cross_entropy{}}, optimizer = tel.optim.sgd{lr = 0.1}\(test)}
          """
        let values = try state.run(text, name: "recipe.lua")
        return try #require(try Recipe(values, file: "recipe.lua", changes: [], arguments: [], in: state)).experiment()
      }
      let window = EvaluationWindow(height: 16, width: 32)
      #expect(try recipe("").testViews == EvaluationViews(window: window))
      let both = try recipe(", test = {scales = {0.5, 1}, flip = true}")
      #expect(both.testViews == EvaluationViews(scales: [0.5, 1], flip: true, window: window))
      #expect(both.views == EvaluationViews(window: window))
      let own = EvaluationViews(window: EvaluationWindow(height: 48, width: 64))
      #expect(try recipe(", test = {window = {64, 48}}").testViews == own)
      #expect(try recipe(", test = {probabilities = true}").testKeepsProbabilities)
      #expect(try !recipe(", test = {protocol = 'sound'}").testKeepsProbabilities)
      #expect(try recipe(", test = {protocol = 'sound'}").testData?.rules == "sound")
      for wrong in [
        "scales = {}", "scales = {100}", "window = {5}", "flips = true", "protocol = 'published'", "probabilities = 1",
      ] {
        #expect(throws: (any Error).self) { try recipe(", test = {\(wrong)}") }
      }
    }

    @Test func recordedValuesSayWhatWeightsDoNot() {
      func data(_ values: [String: StoredValue], model: StoredValue = .null) -> RecordedRecipe {
        RecordedRecipe(.table(["model": model, "data": ["val": .table(values)]]))
      }
      #expect(data(["constructor": "tel.data.cityscapes"]).coding == .cityscapes)
      #expect(data(["constructor": "tel.data.scenes", "classes": "scenes"]).coding == .scenes)
      #expect(data(["constructor": "tel.data.voc2012", "resize": [512, 512]]).coding == .voc2012)
      let folder = data([
        "constructor": "tel.data.folder", "classes": ["a", "b"], "ids": [7, 9], "palette": [[1, 2, 3], [4, 5, 6]],
      ])
      let classes = ClassList(names: ["a", "b"], palette: [RGB(1, 2, 3), RGB(4, 5, 6)])
      #expect(folder.coding == LabelCoding(classes: classes, ids: [7, 9]))
      #expect(data(["classes": 3, "ids": [7, 7, 300]]).coding?.ids == [0, 1, 2])
      #expect(
        data(["resize": [512, 256], "multiple": 8]).transform
          == .init(size: .exact(width: 512, height: 256), multiple: 8))
      #expect(data(["shorter_side": 512]).transform == .init(size: .shorterSide(512)))
      #expect(data(["constructor": "tel.data.ade20k"]).coding == .ade20k)
      // The published test squashes images of VOC, whatever the data say.
      func voc(_ rules: StoredValue) -> EvaluationTransform {
        let validation: StoredValue = ["constructor": "tel.data.voc2012", "multiple": 2]
        return RecordedRecipe(.table(["data": ["val": validation], "test": ["protocol": rules]])).transform
      }
      #expect(voc("published") == .init(size: .exact(width: 512, height: 512), multiple: 2))
      #expect(voc("sound") == .init(multiple: 2) && voc(.null) == .init(multiple: 2))
      let windows = data(["window": [64, 32], "window_stride": [48, 24]]).window
      #expect(windows == EvaluationWindow(height: 32, width: 64, stride: (24, 48)))
      let deepLab: StoredValue = ["constructor": "tel.models.deeplabv3plus", "output_stride": 8]
      #expect(data([:], model: deepLab).hints == .init(outputStride: 8))
      #expect(data([:], model: ["constructor": "tel.models.ltf", "groups": 4]).hints == .init(groups: 4))
      // What a stranger may have written there does no harm.
      for nonsense in [
        StoredValue.null, -1, "x", [1, 2, 3], ["a": 1], 1e300, [0, 0], [.integer(.max), .integer(.max)], [],
      ] {
        let keys = ["classes", "ids", "palette", "resize", "window", "window_stride", "shorter_side", "multiple"]
        let values = Dictionary(uniqueKeysWithValues: keys.map { ($0, nonsense) })
        let recorded = data(values, model: ["constructor": "tel.models.ltf", "groups": nonsense])
        #expect(recorded.window == nil && recorded.hints.groups == nil, "\(nonsense)")
        #expect(recorded.transform == EvaluationTransform(), "\(nonsense)")
        #expect((recorded.coding?.classes.count ?? 0) <= 3, "\(nonsense)")
      }
      #expect(RecordedRecipe(.null).coding == nil)
    }
  }
}
