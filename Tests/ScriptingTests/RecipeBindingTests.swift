import Foundation
import Scripting
import Storage
import Tensors
import TestSupport
import Testing

/// A state with everything that scripts see.
private func fullState() -> LuaState {
  let state = LuaState(seed: 1)
  state.registerNamespaces()
  return state
}

private let tinyNetwork = """
  local net = tel.models.hrnet{classes = 3, width = 4, modules = {1, 1}, blocks = 1, bottlenecks = 1, stem = 8, embedding = 8}

  """

extension AllScripting {
  @Suite struct RecipeBindings {
    private func result(_ text: String) throws -> [String] { try results(text, in: fullState()) }

    @Test func treesAreBuiltAndFilterAlongThem() throws {
      let script = """
        local guide = tel.tensor{{{{0, 1, 5}}}}
        local tree = tel.tree.mst(guide)
        local edges = tree:edges()
        local y = tel.tree.filter(tel.tensor{{{{3, 3, 3}}}}, guide, tree, {sigma = 0.5})
        return tree:total():item(), edges:shape()[2], y[{1, 1, 1, 2}]:item()
        """
      #expect(try result(script) == ["19.0", "2", "3.0"])
      #expect(failure("tel.tree.filter(1)", in: fullState()).contains("argument 1 (x) is 1"))
      #expect(failure("tel.tree.mst(tel.ones(2))", in: fullState()).contains("[N, C, H, W]"))
    }

    @Test func lossesAreCalledAndDifferentiated() throws {
      let script = """
        local logits = tel.zeros(1, 2, 4, 4):requires_grad_()
        local labels = tel.full({1, 4, 4}, -1):to('int32')
        labels[{1, 1, 1}] = 1
        local entropy = tel.loss.cross_entropy{}(logits, labels)
        entropy:backward()
        local tree = tel.loss.tree_energy{sigma = 0.02, levels = {'low'}}
        return entropy:item(), logits:grad():abs():sum():item(), tree(logits, tel.rand(1, 3, 4, 4), nil, labels):item()
        """
      let out = try result(script)
      let entropy = Double(out[0]) ?? 0
      #expect(abs(entropy - 0.693147) < 1e-5)
      #expect(out[1] == "1.0" && out[2] == "0.0")
      #expect(failure("tel.loss.tree_energy{}(tel.zeros(1, 2, 4, 4))", in: fullState()).contains("sigma is missing"))
      let high = """
        tel.loss.tree_energy{sigma = 1}(tel.zeros(1, 2, 4, 4), tel.rand(1, 3, 4, 4), nil, tel.full({1, 4, 4}, -1):to('int32'))
        """
      #expect(failure(high, in: fullState()).contains("embedding"))
    }

    @Test func weightsOfLossesCanBeChangedWhileTheyAreInUse() throws {
      let script = """
        local loss = tel.loss.cross_entropy{}
        local logits, labels = tel.zeros(1, 2, 1, 1), tel.zeros(1, 1, 1):to('int32')
        local one = loss(logits, labels):item()
        loss.weight = 3
        return loss(logits, labels):item() / one
        """
      let ratio = Double(try result(script)[0]) ?? 0
      #expect(abs(ratio - 3) < 1e-6)
    }

    @Test func networksRunTrainSaveAndLoad() throws {
      try withFolder { folder in
        let state = fullState()
        state.writePolicy.allow(folder.path)
        let script =
          tinyNetwork + """
            local x = tel.rand(1, 3, 32, 32)
            net:train()
            local out = net(x)
            assert(out.logits:shape()[2] == 3 and out.coarse:shape()[3] == 8 and out.embedding:shape()[2] == 8)
            out.logits:mean():backward()
            local weight = net:parameters()['backbone.conv1.weight']
            assert(weight:grad()); net:zero_grad(); assert(not weight:grad())
            net:eval()
            local function sum(net) return tel.no_grad(function() return net(x).logits:sum():item() end) end
            local before = sum(net)
            net:save('\(folder.path)/net.h5')
            local other = tel.extend(net, {dropout = 0})
            other:load('\(folder.path)/net.h5'):eval()
            local classes = net:predict(tel.zeros(3, 32, 48):to('uint8'))
            out = nil
            local same = net:state()['backbone.conv1.weight']
            same:zero_()
            return sum(other) == before, sum(net) ~= before, classes:shape()[2],
              classes:dtype(), net:freeze('^backbone%.conv'), tostring(net):match('^tel.models.hrnet')
            """
        let out = try results(script, in: state)
        #expect(out == ["true", "true", "48", "int32", "2", "tel.models.hrnet"])
        let wrong = "local net = tel.models.hrnet_w18{classes = 2} net:load('\(folder.path)/net.h5')"
        #expect(failure(wrong, in: state).contains("these weights don't fit"))
      }
    }

    @Test func schedulesCanBeAsked() throws {
      #expect(
        try result(
          """
          local s = tel.schedule
          return s.poly{}(0, 10), s.constant()(5, 10), s.step{every = 2, factor = 0.5}(5, 10), s.cosine{}(0, 10),
            s.warmup(4, s.constant())(0, 10), s.warmup(4, function(t, total) return t / total end)(5, 10)
          """) == ["1.0", "1.0", "0.25", "1.0", "0.25", "0.5"])
    }

    @Test func dataSetsCanBeLookedInto() throws {
      let script = """
        local data = tel.data.scenes{size = {64, 32}, count = 2, seed = 1}
        local sample = data:sample(1)
        local low = sample.labels:min():item()
        return data:count() == #data and #data, #data:classes(), sample.image:dtype(), table.concat(sample.image:shape(), 'x'), low
        """
      #expect(try result(script) == ["2", "11", "uint8", "3x32x64", "-1"])
      #expect(
        failure("tel.data.scenes{size = {64, 32}, count = 2}:sample(3)", in: fullState()).contains("expected: 1 to 2"))
      let mixed = """
        local a = tel.data.scenes{size = {64, 32}, count = 2}
        return tel.data.mix{a, tel.extend(a, {first = 5}), weights = {1, 2}}:count()
        """
      #expect(try result(mixed) == ["4"])
    }

    @Test func voc2012HasOneLabelMapPerAnnotation() throws {
      let root = URL(fileURLWithPath: Golden.folder).deletingLastPathComponent().path + "/Files/voc"
      let script = """
        local labelled, first = {}, nil
        for i, annotation in ipairs{'scribble', 'point', 'mask'} do
          local data = tel.data.voc2012{root = '\(root)', split = 'train', annotation = annotation}
          first = first or data
          labelled[i] = data:sample(2).labels:ge(0):to('float32'):sum():item()
        end
        local val = tel.extend(first, {split = 'val'})
        return first:count(), val:count(), #first:classes(), first:classes()[16], first:sample(4).name, table.unpack(labelled)
        """
      #expect(try result(script) == ["4", "2", "21", "person", "2007_300001", "174.0", "37.0", "1134.0"])
      let missing = failure(
        "\n\ntel.data.voc2012{root = '\(root)/SBD', split = 'train'}:count()", in: fullState())
      #expect(missing.contains("test.lua:3") && missing.contains("VOC/VOCdevkit/VOC2012"), "\(missing)")
      let wrong = failure("tel.data.voc2012{annotation = 'scribbles'}", in: fullState())
      #expect(wrong.contains("\"scribble\" or \"point\" or \"mask\""), "\(wrong)")
    }

    @Test func nothingIsOpenedBeforeItIsUsed() throws {
      let script = """
        local data = tel.data.cityscapes{root = 'nowhere', split = 'train'}
        data.root = 'elsewhere'
        return data.root, pcall(data.count, data)
        """
      let out = try result(script)
      #expect(out[0] == "elsewhere" && out[1] == "false" && out[2].contains("elsewhere"))
    }

    @Test func logNeedsARun() {
      #expect(failure("tel.log('x', 1)", in: fullState()).contains("no run is under way"))
    }

    @Test func everyFunctionOfARecipeHasHelp() throws {
      let state = fullState()
      for name in [
        "tel.recipe", "tel.tree.filter", "tel.loss.tree_energy", "tel.models.hrnet_w48", "tel.data.scenes",
        "tel.data.voc2012",
        "tel.extend",
      ] {
        #expect(state.documentation[name] != nil, "\(name)")
      }
      #expect(failure("tel.help('tel.tree.fliter')", in: state).contains("did you mean tel.tree.filter?"))
    }
  }
}
