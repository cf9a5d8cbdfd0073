import Autograd
import Foundation
import Networks
import Scripting
import Storage
import Tensors
import Testing

/// A state with everything that scripts see.
private func fullState(seed: UInt64 = 1) -> LuaState {
  let state = LuaState(seed: seed)
  state.registerNamespaces()
  return state
}

/// A network with a nested module, a list and a child of each kind of layer.
private let small = """
  local Conv = tel.nn.Conv
  local function build(p)
    return tel.module{
      children = {
        stem = Conv{inputs = 3, outputs = 4, kernel = 3, stride = 2},
        body = tel.module{
          children = {Conv{inputs = 4, outputs = 4, kernel = 3}, Conv{inputs = 4, outputs = 4, kernel = 3}},
          forward = function(self, x) return self[2](self[1](x), x) end,
        },
        dropout = tel.nn.Dropout{p = p or 0},
        head = Conv{inputs = 4, outputs = 2, kernel = 1, bias = true, norm = false, relu = false},
      },
      forward = function(self, x)
        local y = self.head(self.dropout(self.body(self.stem(x))))
        return tel.nn.resize(y, {x:shape()[3], x:shape()[4]}, {align_corners = true})
      end,
    }
  end

  """

extension AllScripting {
  @Suite struct Modules {
    private func result(_ text: String) throws -> [String] { try results(text, in: fullState()) }
    private func error(_ text: String) -> String { failure(text, in: fullState()) }

    @Test func namesAreThoseOfPyTorch() throws {
      let names = try result(
        small + """
          local names = {}
          for name in pairs(build():state()) do names[#names + 1] = name end
          return table.concat(names, ' ')
          """)
      func norm(_ name: String) -> [String] {
        ["0.weight", "1.bias", "1.num_batches_tracked", "1.running_mean", "1.running_var", "1.weight"].map {
          "\(name).\($0)"
        }
      }
      let expected = norm("body.0") + norm("body.1") + ["head.bias", "head.weight"] + norm("stem")
      #expect(names == [expected.joined(separator: " ")])
      #expect(
        try result(
          """
          local m = tel.module{children = {fc = tel.nn.Linear{inputs = 3, outputs = 2}}, forward = function() end}
          local s = m:state()
          local size = table.concat(s['fc.weight']:shape(), 'x')
          return #m.children.fc:parameters().weight:shape(), size, s['fc.bias']:numel()
          """) == ["2", "2x3", "2"])
    }

    @Test func startingValuesAreAFunctionOfSeedAndName() throws {
      let values = """
        local net = build()
        return net:parameters()['body.0.0.weight']:sum():item(), net:parameters()['body.1.0.weight']:sum():item()
        """
      let first = try results(small + values, in: fullState())
      #expect(try results(small + values, in: fullState()) == first)
      #expect(try results(small + values, in: fullState(seed: 2)) != first)
      #expect(first[0] != first[1])
      // As a built-in layer of that name starts.
      let layer = try ConvNorm(inputs: 4, outputs: 4, kernel: 3)
      try layer.initialize(seed: 1, path: "body.0")
      let sum = layer.parameters()[0].variable.value.array(of: Double.self).reduce(0, +)
      #expect(abs(sum - (Double(first[0]) ?? .nan)) < 1e-5)
    }

    /// The head of HRNet written in Lua, on the features of the same HRNet: the same operations in the same order.
    @Test func aHeadInLuaComputesTheBitsOfTheBuiltInOne() throws {
      let script = """
        local options = {
          classes = 3, width = 4, modules = {1, 1}, blocks = 1, bottlenecks = 1, stem = 8, embedding = 8, dropout = 0,
        }
        local whole, backbone = tel.models.hrnet(options), tel.models.hrnet(options)
        local net = tel.module{
          children = {
            hrnet = backbone, head = tel.nn.Conv{inputs = 28, outputs = 28, kernel = 3, bias = true},
            dropout = tel.nn.Dropout{p = 0, channels = true},
            classifier = tel.nn.Conv{inputs = 28, outputs = 3, kernel = 1, norm = false, relu = false},
            embedding = tel.nn.Conv{inputs = 28, outputs = 8, kernel = 1},
          },
          forward = function(self, x)
            local maps = self.hrnet:features(x)
            local function like(y, z)
              return tel.nn.resize(y, {z:shape()[3], z:shape()[4]}, {align_corners = true})
            end
            for i = 2, #maps do maps[i] = like(maps[i], maps[1]) end
            local joined = tel.concat(maps, 2)
            local coarse = self.classifier(self.dropout(self.head(joined)))
            return {logits = like(coarse, x), coarse = coarse, embedding = self.embedding(joined)}
          end,
        }
        local names = {
          head = {
            ['0.weight'] = 'cls_head.0.weight', ['0.bias'] = 'cls_head.0.bias',
            ['1.weight'] = 'cls_head.1.0.weight', ['1.bias'] = 'cls_head.1.0.bias',
          },
          classifier = {weight = 'cls_head.3.weight'},
          embedding = {['0.weight'] = 'embedding_layer.0.weight', ['1.weight'] = 'embedding_layer.1.0.weight',
            ['1.bias'] = 'embedding_layer.1.0.bias'},
        }
        local theirs = whole:parameters()
        for child, keys in pairs(names) do
          local ours = net.children[child]:parameters()
          for own, other in pairs(keys) do tel.no_grad(function() ours[own]:copy_(theirs[other]) end) end
        end
        local x = tel.rand(2, 3, 32, 48)
        local function pass(network)
          network:train()
          local out = network(x)
          ;(out.logits:mean() + out.coarse:softmax(2):norm() + out.embedding:std()):backward()
          return out
        end
        local a, b = pass(whole), pass(net)
        local function same(p, q) return (p - q):abs():max():item() == 0 end
        local grads, own = 0, net:parameters()
        for name, parameter in pairs(theirs) do
          local other = own['hrnet.' .. name]
          if name:find('^backbone') then
            grads = grads + 1
            assert(same(parameter:grad(), other:grad()), name)
          end
        end
        for child, keys in pairs(names) do
          for mine, other in pairs(keys) do
            assert(same(own[child .. '.' .. mine]:grad(), theirs[other]:grad()), other)
          end
        end
        return same(a.logits, b.logits), same(a.coarse, b.coarse), same(a.embedding, b.embedding), grads > 20
        """
      #expect(try result(script) == ["true", "true", "true", "true"])
    }

    /// Layers in a row keep nothing but their raw outputs, in Lua too: a norm is applied while the next layer loads.
    @Test func layersInARowTakeNoMoreMemoryThanBuiltInOnes() throws {
      let depth = 6
      func footprint(_ pass: (Variable) throws -> Variable) throws -> Int {
        let x = Variable(Tensor(filling: [1, 16, 128, 128], with: 1))
        for _ in 0..<2 {
          BufferPool.shared.trim()
          BufferPool.shared.resetPeak()
          try pass(x).mean().backward()
        }
        return BufferPool.shared.usage.footprint
      }
      let layers = try (0..<depth).map { _ in try ConvNorm(inputs: 16, outputs: 16, kernel: 3) }
      for layer in layers {
        try layer.initialize(seed: 1)
        layer.isTraining = true
      }
      let own = try footprint { x in try layers.reduce(x) { try $1($0) } }
      let state = fullState()
      let values = try state.run(
        """
        local layers = {}
        for i = 1, \(depth) do layers[i] = tel.nn.Conv{inputs = 16, outputs = 16, kernel = 3} end
        local net = tel.module{children = layers, forward = function(self, x)
          for _, layer in ipairs(self) do x = layer(x) end
          return x
        end}
        net:train()
        return function(x) return net(x) end
        """, name: "test.lua")
      guard case .function(let pass)? = values.first else {
        Issue.record("no function")
        return
      }
      let inLua = try footprint { try pass.call($0, as: Variable.self, name: "pass") }
      // One map is a megabyte; applied norms would be as many more as there are layers.
      #expect(inLua <= own + (1 << 20), "\(inLua) instead of \(own)")
    }

    @Test func modulesTrainFreezeSaveAndLoad() throws {
      try withFolder { folder in
        let state = fullState()
        state.writePolicy.allow(folder.path)
        let out = try results(
          small + """
            local net, other = build(), build()
            local x, labels = tel.rand(2, 3, 16, 24), tel.zeros(2, 16, 24):to('int32')
            local function step(net)
              net:zero_grad()
              tel.loss.cross_entropy{}(net(x), labels):backward()
              tel.no_grad(function()
                for _, p in pairs(net:parameters()) do
                  if p:grad() then p:add_(p:grad() * -0.1) end
                end
              end)
            end
            assert(net:freeze('^stem%.') == 3)
            assert(net:freeze_norm('^body%.0') == 1)
            local before = {}
            for name, tensor in pairs(net:state()) do before[name] = tensor:detach():clone() end
            net:train()
            for _ = 1, 2 do step(net) end
            local changed = {}
            for name, tensor in pairs(net:state()) do
              if tensor:ne(before[name]):sum():item() > 0 then changed[#changed + 1] = name end
            end
            net:eval()
            local function sum(net) return tel.no_grad(function() return net(x):sum():item() end) end
            net:save('\(folder.path)/net.h5')
            net:save('\(folder.path)/net.safetensors')
            local value, fresh = sum(net), sum(other)
            other:load('\(folder.path)/net.h5'):eval()
            local third = build()
            third:load('\(folder.path)/net.safetensors'):eval()
            local classes = net:predict(tel.zeros(3, 16, 24):to('uint8'))
            return table.concat(changed, ' '), sum(other) == value, sum(third) == value, fresh ~= value,
              classes:shape()[2], net.children.body:parameters()['0.0.weight']:requires_grad_() ~= nil
            """, in: state)
        // Frozen are the stem's parameters and one norm's statistics, not its weights.
        let norm = ["1.bias", "1.num_batches_tracked", "1.running_mean", "1.running_var", "1.weight"]
        let expected =
          ["body.0.0.weight", "body.0.1.bias", "body.0.1.weight", "body.1.0.weight"] + norm.map { "body.1.\($0)" }
          + ["head.bias", "head.weight"]
          + ["num_batches_tracked", "running_mean", "running_var"].map { "stem.1.\($0)" }
        #expect(out == [expected.joined(separator: " "), "true", "true", "true", "24", "true"])
        let mismatch = failure(
          small + "build():load('\(folder.path)/net.h5') local n = tel.nn.Linear{inputs = 1, outputs = 1} "
            + "n:load('\(folder.path)/net.h5')", in: state)
        #expect(mismatch.contains("these weights don't fit Linear") && mismatch.contains("net.h5"))
        #expect(failure(small + "build():save('\(folder.path)/net.pth')", in: state).contains(".safetensors"))
      }
    }

    @Test func trainingAndParametersOfTheUserReachForward() throws {
      let script = """
        local net = tel.module{
          children = {drop = tel.nn.Dropout{p = 0.9}}, params = {scale = 3},
          forward = function(self, x, more) return self.drop(x) * self.params.scale + (more or 0), self.training end,
        }
        local x = tel.ones(4, 100)
        local kept, training = net(x)
        local dropped, now = net:train()(x, 1)
        return kept:min():item(), training, dropped:min():item(), now, net:eval().training, tostring(net.drop)
        """
      #expect(try result(script) == ["3.0", "false", "1.0", "true", "false", "tel.nn.Dropout{p = 0.9}"])
    }

    @Test func partsThatWereInUseKeepTheirValues() throws {
      let script = """
        local conv = tel.nn.Conv{inputs = 1, outputs = 1, kernel = 1, norm = false, relu = false}
        tel.no_grad(function() conv:parameters().weight:fill_(5) end)
        local inner = tel.module{children = {conv = conv}, forward = function(self, x) return self.conv(x) end}
        local x = tel.ones(1, 1, 2, 2)
        local alone = inner(x):sum():item()
        local outer = tel.module{
          children = {inner = inner, last = tel.nn.Conv{inputs = 1, outputs = 1, kernel = 1, norm = false}},
          forward = function(self, x) return self.inner(x) end,
        }
        local copy = tel.extend(outer, {})
        return alone, outer(x):sum():item(), copy(x):sum():item() ~= 20, outer:state()['inner.conv.weight']:item()
        """
      #expect(try result(script) == ["20.0", "20.0", "true", "5.0"])
    }

    /// A network that could not be made leaves its parts as they were: they start as always once it can.
    @Test func aNetworkThatCantBeMadeLeavesNothingBehind() throws {
      let script = """
        local function forward(self, x) return self.a(x) end
        local function conv() return tel.nn.Conv{inputs = 1, outputs = 1, kernel = 3} end
        local a, b = conv(), conv()
        local net = tel.module{children = {a = a, b = b, c = a}, forward = forward}
        local x = tel.ones(1, 1, 8, 8)
        local ok, problem = pcall(net, x)
        net.children.c = nil
        local fresh = tel.module{children = {a = conv(), b = conv()}, forward = forward}
        local same = net(x):sum():item() == fresh(x):sum():item()
        return ok, problem:find('a and c are one and the same object', 1, true) ~= nil, same
        """
      #expect(try result(script) == ["false", "true", "true"])
    }

    @Test func gradientsCanBeCheckedThroughAModule() throws {
      let script = """
        local net = tel.module{
          children = {
            conv = tel.nn.Conv{inputs = 3, outputs = 4, kernel = 3},
            measure = tel.nn.Conv{inputs = 4, outputs = 2, kernel = 1, norm = false, relu = false},
            filter = tel.nn.TreeFilter{groups = 2}, last = tel.nn.Linear{inputs = 6, outputs = 3},
          },
          forward = function(self, x, guide)
            local y = self.conv(x)
            return self.last(self.filter(y, self.measure(y), guide))
          end,
        }
        net:train()
        local guide = tel.rand(2, 3, 5, 6)
        local x = tel.randn(2, 3, 5, 6)
        local mean = net:state()['conv.1.running_mean']:clone()
        local worst = tel.check_gradients(function(x) return net(x, guide) end, {x})
        local now = net:state()['conv.1.running_mean']
        return worst, now:ne(mean):sum():item(), net:state()['conv.1.num_batches_tracked']:item()
        """
      let out = try result(script)
      #expect((Double(out[0]) ?? 1) < 1e-5, "\(out)")
      #expect(out[1] == "0.0" || out[1] == "0")
      #expect(out[2] == "0")
    }

    @Test func listsAreWalkedAndOthersMayBeCalledWhereNothingIsLearnt() throws {
      let script = """
        local function linear() return tel.nn.Linear{inputs = 1, outputs = 1, bias = false} end
        local teacher = linear()
        tel.no_grad(function() teacher:parameters().weight:fill_(2) end)
        local net = tel.module{children = {linear(), linear(), linear()}, forward = function(self, x)
          local target = tel.no_grad(function() return teacher(x) end)
          local count = 0
          for i = 1, #self do x, count = self[i](x), count + 1 end
          for _, layer in ipairs(self) do x, count = layer(x), count + 1 end
          return x, count, target
        end}
        local y, count, target = net(tel.ones(1, 1))
        y:backward()
        return count, target:item(), net:parameters()['2.weight']:grad() ~= nil, teacher:parameters().weight:grad(), net[4]
        """
      #expect(try result(script) == ["6", "2.0", "true", "nil", "nil"])
    }

    @Test func mapsAreSummedInOnePass() throws {
      let script = """
        local a, b = tel.tensor{1, -5, 2}:requires_grad_(), tel.tensor{2, 3, 4}:requires_grad_()
        local y = tel.nn.sum({a, b, b}, {relu = true})
        y:sum():backward()
        local function text(t) return table.concat(t:totable(), ' ') end
        return text(y), text(a:grad()), text(b:grad()), text(tel.nn.sum{a, b})
        """
      #expect(try result(script) == ["5.0 1.0 10.0", "1.0 1.0 1.0", "2.0 2.0 2.0", "3.0 -2.0 6.0"])
      #expect(error("tel.nn.sum{}").contains("at least one tensor"))
      #expect(error("tel.nn.sum{tel.ones(2), tel.ones(3)}").contains("here are [2] and [3]"))
      #expect(error("tel.nn.sum({tel.ones(2)}, {rleu = true})").contains("did you mean relu?"))
    }

    @Test func theTreeFilterLayerIsTheFilter() throws {
      let script = """
        local x, e, guide = tel.randn(1, 4, 5, 6), tel.randn(1, 2, 5, 6), tel.rand(1, 3, 5, 6)
        local tree = tel.tree.mst(guide)
        local function same(a, b) return (a - b):abs():max():item() == 0 end
        local layer, scaled = tel.nn.TreeFilter{groups = 2}, tel.nn.TreeFilter{sigma = 0.5}
        return same(layer(x, e, guide), tel.tree.filter(x, e, tree, {groups = 2})),
          same(scaled(x, e, tree), tel.tree.filter(x, e, tree, {sigma = 0.5}))
        """
      #expect(try result(script) == ["true", "true"])
      #expect(
        error("tel.nn.TreeFilter{}(tel.ones(1, 1, 2, 2), tel.ones(1, 1, 2, 2))").contains(
          "argument 3 (tree) is missing"))
    }

    @Test(arguments: [
      ("\nreturn tel.nn.Conv{inputs = 3,\n outputs = 4}", "test.lua:2: tel.nn.Conv: kernel is missing", ""),
      (
        "tel.nn.Conv{inputs = 3, outputs = 4,\n kernal = 3}", "test.lua:2: tel.nn.Conv: there is no key kernal",
        "kernel?"
      ),
      (
        "local c = tel.nn.Conv{inputs = 3, outputs = 4, kernel = 3}\nc(tel.ones(1, 5, 4, 4))",
        "test.lua:2: tel.nn.Conv: argument 1 (x) is a tensor of shape [1, 5, 4, 4]", "[N, 3, H, W], since inputs = 3"
      ),
      (
        "tel.nn.Linear{inputs = 3, outputs = 1}(tel.ones(2, 2))", "a tensor of shape [2, 2]", "[…, 3], since inputs = 3"
      ),
      ("tel.module{children = {}}", "tel.module: forward is missing", "a function"),
      (
        "tel.module{forward = print, children = {\n a = tel.nn.Dropout{},\n b = {2},\n}}",
        "test.lua:3: tel.module: children.b is a table", "a layer (tel.nn.Conv{…}, …) or a model"
      ),
      ("tel.module{forward = print, children = {tel.nn.Conv}}", "children[1] is a function", "a layer"),
      ("tel.module{forward = print, children = {a = tel.loss.cross_entropy{}}}", "a tel.loss.cross_entropy", "a layer"),
      (
        "tel.module{forward = print, children = {\n train = tel.nn.Dropout{}}}",
        "test.lua:2: tel.module: a child can't be called train", "choose another name"
      ),
      ("tel.module{forward = print, children = {['a/b'] = tel.nn.Dropout{}}}", "a child can't be called \"a/b\"", ""),
      (
        "tel.module{forward = print, children = {tel.nn.Dropout{}, ['0'] = tel.nn.Dropout{}}}",
        "two children are called 0", ""
      ),
      (
        "local d = tel.nn.Dropout{}\nlocal m = tel.module{forward = print, children = {a = d,\n b = d}}\nm:train()",
        "test.lua:3: tel.module: a and b are one and the same object", "call it twice"
      ),
      (
        """
        local d = tel.nn.Dropout{}
        local inner = tel.module{forward = print, children = {d = d}}
        inner:train()
        tel.module{forward = print, children = {d = d, inner = inner}}:train()
        """, "d and inner.d are one and the same object", ""
      ),
      (
        "local m = tel.module{forward = print}\nm.children = {}\nm.children.me = m\nm:train()",
        "me is the network itself",
        "a part of itself"
      ),
      (
        """
        local c = tel.nn.Linear{inputs = 1, outputs = 1}
        local m = tel.module{forward = print, children = {tel.nn.Dropout{}}}
        tel.module{forward = print, children = {['m.0'] = c, m = m}}:train()
        """, "two parts of the network are called m.0", ""
      ),
      (
        """
        local m = tel.module{forward = function(self, x) return self.hed(x) end, children = {head = tel.nn.Dropout{}}}
        m(1)
        """,
        "test.lua:1: tel.module (head): there is no hed", "did you mean head?"
      ),
      (
        """
        local m = tel.module{forward = print, children = {a = tel.nn.Dropout{}}}
        m:train()
        m.children.b = tel.nn.Dropout{}
        m:eval()
        """,
        "test.lua:4: tel.module: the entries of children were changed after", "before the first use"
      ),
      (
        """
        local m = tel.module{forward = print, children = {a = tel.nn.Dropout{}}}
        m:train()
        m.children.a = tel.nn.Dropout{}
        m(1)
        """,
        "test.lua:4: tel.module: the entries of children were changed after", "tel.extend"
      ),
      (
        "local m = tel.module{forward = print}\nm:train()\nm.forward = function() end",
        "forward can't be changed any more", ""
      ),
      (
        """
        local stray = tel.nn.Linear{inputs = 2, outputs = 2}
        local m = tel.module{forward = function(self, x)
          return stray(x)
        end}
        m(tel.ones(2, 2))
        """, "test.lua:3: tel.nn.Linear: this layer is not among the children", "put it into children"
      ),
      ("tel.nn.Dropout{p = 1}(tel.ones(2))", "Dropout: p is 1.0", "less than 1"),
      (small + "build():freeze('nothing')", "the pattern \"nothing\" matches nothing here", ""),
    ])
    func whatIsWrongIsSaid(_ script: String, _ what: String, _ more: String) {
      let message = error(script)
      #expect(message.contains(what), "\(message)")
      #expect(message.contains(more) || more.isEmpty, "\(message)")
    }

    @Test func everythingHasHelp() {
      let state = fullState()
      for name in [
        "tel.nn.Conv", "tel.nn.Linear", "tel.nn.Dropout", "tel.nn.TreeFilter", "tel.module", "net:train", "net:eval",
        "net:parameters", "net:state", "net:load", "net:save", "net:zero_grad", "net:freeze", "net:freeze_norm",
        "net:features",
      ] { #expect(state.documentation[name] != nil, "\(name)") }
    }
  }
}
