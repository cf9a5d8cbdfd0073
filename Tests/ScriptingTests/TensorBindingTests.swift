import Foundation
import Scripting
import Testing

/// A state with everything that Lua sees under `tel`.
private func state() -> LuaState {
  let state = LuaState(seed: 1)
  state.registerNamespaces()
  return state
}

extension AllScripting {
  @Suite struct Tensors {
    /// Each line is Lua that must be true.
    @Test(arguments: [
      "local x = tel.zeros(2, 3); return #x == 2 and x:numel() == 6 and x:shape()[2] == 3 and x:dtype() == 'float32'",
      "return tel.arange(4):sum():item() == 6 and tel.full({2, 2}, 3):mean():item() == 3",
      "local t = tel.tensor{{1, 2}, {3, 4}}; local u = t:totable(); return u[1][2] == 2 and u[2][1] == 3",
      "return tel.tensor({1, 2}, 'int64'):sum():item() == 3 and math.type(tel.tensor({1, 2}, 'int32'):max():item()) == 'integer'",
      "local x = tel.tensor{{1, 2, 3}, {4, 5, 6}}; return x[2][3]:item() == 6 and x[-1][1]:item() == 4",
      "local x = tel.tensor{{1, 2, 3}, {4, 5, 6}}; local y = x[{{}, {2, 3}}]; return y:shape()[2] == 2 and y:sum():item() == 16",
      "local x = tel.tensor{{1, 2, 3}, {4, 5, 6}}; x[{1, {1, 2}}] = 0; x[2] = tel.tensor{7, 8, 9}; return x:sum():item() == 27",
      "local x = tel.zeros(2, 2); local view = x[1]; view:fill_(5); return x:sum():item() == 10",
      "local v, i = tel.tensor{{3, 1}, {4, 9}}:max(2); return v[2]:item() == 9 and i[1]:item() == 1 and i[2]:item() == 2",
      "local v, i = tel.tensor{5, 7, 6}:topk(2, 1); return v[1]:item() == 7 and i[2]:item() == 3",
      "return tel.tensor{{1, 5}, {7, 2}}:argmax(2):totable()[1] == 2",
      "local x = tel.tensor{{1, 2}, {3, 4}}; return x:gather(2, tel.tensor({{2}, {1}}, 'int64')):totable()[1][1] == 2",
      "local x = tel.tensor{1, 2, 3}; return ((x + 1) * 2 - x / 2 ^ 1):sum():item() == 15 and (1 / x)[2]:item() == 0.5",
      "local x = tel.tensor{1, 2, 3}; return (-x):sum():item() == -6 and (2 ^ x)[3]:item() == 8 and (x ^ 2)[3]:item() == 9",
      "local l = tel.tensor({0, 5}, 'uint8'); return (l - 1):dtype() == 'int32' and (l - 1)[1]:item() == -1",
      "local x = tel.tensor{1, 2, 3}; return x:gt(1.5):sum():item() == 2 and x:eq(x):sum():item() == 3 and x:lt(2):dtype() == 'uint8'",
      "local l = tel.tensor({1, 2}, 'int32'); return l:gt(1.5):totable()[1] == 0 and l:gt(1.5):totable()[2] == 1",
      "return tel.where(tel.tensor{1, 0}, tel.tensor{5, 5}, 2):totable()[2] == 2",
      "return tel.stack({tel.ones(2), tel.zeros(2)}, 2):totable()[2][2] == 0",
      "return tel.concat({tel.ones(2), tel.zeros(3)}):numel() == 5",
      "return tel.tensor({0, 2}, 'uint8'):reshape(1, 2):one_hot(3):shape()[2] == 3",
      "local x = tel.tensor{{1, 2}, {3, 4}}; return x:matmul(x):totable()[2][1] == 15",
      "return tel.tensor{1, 2, 4}:std():item() > 1.527 and tel.tensor{3, 4}:norm():item() == 5",
      "return tel.ones(2, 3):sum{keep = true}:shape()[2] == 1 and tel.ones(2, 3):sum(1, {keep = true}):shape()[1] == 1",
      "local x = tel.tensor{1/0, 0/0, 1}; return x:isfinite():sum():item() == 1",
      "local x = tel.ones(2, 3):pad({{0, 1}, {1, 0}}, 7); return x:shape()[1] == 3 and x[3][1]:item() == 7",
      "tel.seed(3); local a = tel.rand(4); tel.seed(3); return a:eq(tel.rand(4)):sum():item() == 4",
      "return tel.tensor{{1, 1}}:softmax(2)[1][1]:item() == 0.5 and tel.tensor{{0, 0}}:log_softmax(-1)[1][2]:item() < -0.69",
      "local y = tel.nn.conv2d(tel.ones(1, 2, 4, 4), tel.ones(3, 2, 3, 3), {padding = 1, stride = 2}); return y:shape()[3] == 2 and y:max():item() == 18",
      "return tel.nn.conv2d(tel.ones(1, 1, 2, 2), tel.ones(1, 1, 1, 1), tel.ones(1)):sum():item() == 8",
      "local y = tel.nn.resize(tel.arange(4):reshape(1, 1, 2, 2), {4, 4}, {mode = 'nearest'}); return y[1][1][4][1]:item() == 2",
      "return tel.nn.max_pool(tel.arange(4):reshape(1, 1, 2, 2), {kernel = 2}):item() == 3",
      "return tel.nn.average_pool(tel.arange(4):reshape(1, 1, 2, 2), {kernel = {2, 2}}):item() == 1.5",
      "return tel.tensor{{{1, 2}, {5, 1}}}:reshape(1, 2, 2):labels():totable()[1][1] == 1",
    ])
    func holds(_ script: String) throws { #expect(try results(script, in: state()) == ["true"], "\(script)") }

    @Test func gradientsReachLuaAndAddUp() throws {
      #expect(
        try results(
          """
          local x = tel.tensor{1, 2, 3}:requires_grad_()
          ;(x * x):sum():backward()
          ;(2 * x):sum():backward()
          local g = x:grad():totable()
          x:zero_grad()
          return g[1], g[3], x:grad() == nil
          """, in: state()) == ["4.0", "8.0", "true"])
    }

    @Test func gradientsCanBeChecked() throws {
      #expect(
        try results(
          """
          local worst = tel.check_gradients(function(x, y) return (x * y):tanh() end, {tel.randn(2, 3), tel.randn(3)})
          return worst < 1e-7
          """, in: state()) == ["true"])
    }

    @Test func changingWhatIsRecordedNamesBothLines() {
      let text = failure(
        """
        local x = tel.ones(3):requires_grad_()
        local y = x * x
        local z = y * 2
        y:add_(1)
        """, in: state())
      #expect(text.contains("test.lua:4") && text.contains("test.lua:3"), "\(text)")
    }

    @Test func changingAfterBackwardIsFine() throws {
      #expect(
        try results(
          """
          local x = tel.ones(3):requires_grad_()
          ;(x * x):sum():backward()
          x:add_(-0.5 * x:grad())
          return x:sum():item()
          """, in: state()) == ["0.0"])
    }

    @Test(arguments: [
      ("return tel.zeros(2)[3]", "1 to 2"), ("return tel.zeros(2):sum(2)", "dimension"),
      ("return tel.zeros(2, 3) + tel.zeros(4)", "shapes"), ("return tel.zeros(-1)", "not negative"),
      ("return tel.zeros(1 << 40)", "memory"), ("return tel.zeros(1 << 37)", "memory"),
      ("return tel.ones(1 << 20, 1) + tel.ones(1 << 20)", "memory"),
      ("return tel.ones(1, 1):expand(1 << 18, 1 << 19) * 2", "memory"),
      ("return tel.ones(1 << 20, 1):matmul(tel.ones(1, 1 << 20))", "memory"),
      ("return tel.ones(2):pad({{1 << 39, 0}})", "memory"),
      ("return tel.nn.resize(tel.ones(1, 8, 2, 2), {65536, 65536})", "memory"),
      ("return tel.tensor{{1}, {2, 3}}", "equal length"),
      ("return tel.tensor({1}, 'int7')", "float32"), ("return tel.zeros(2):summ()", "sum"),
      ("return tel.zeros(2):sum(1, {kep = true})", "keep"), ("return tel.ones(2):item()", "single element"),
      ("local x = tel.ones(2); x:free(); return x:sum()", "freed"),
    ])
    func mistakesExplainThemselves(_ script: String, _ hint: String) {
      let text = failure(script, in: state())
      #expect(text.contains("test.lua:1") && text.contains(hint), "\(text)")
    }

    @Test func temporariesDoNotPileUp() throws {
      #expect(
        try results(
          "local x = tel.ones(1024, 1024); for i = 1, 300 do local y = x + i end return x:sum():item()", in: state())
          == ["1048576.0"])
    }
  }

  @Suite struct Files {
    @Test func hdf5FilesComeBackAsTheyWere() throws {
      try withFolder { folder in
        let state = state()
        state.writePolicy.allow(folder.path)
        let path = folder.appendingPathComponent("a.h5").path
        let script = """
          local path = ...
          local f = tel.hdf5.open(path, "w")
          f:write("/a/b", tel.arange(6):reshape(2, 3))
          f:write("/text", "grüße")
          f:write("/names", {"x", "y"})
          f:write("/group", {n = 3, list = {1, 2, 3}, inner = {v = 0.5}})
          f:attributes("/a", {unit = "mm", n = 2})
          f:close()
          local g <close> = tel.hdf5.open(path, "a")
          g:write("/more", tel.ones(2, 2):to("uint8"))
          g:close()
          local h = tel.hdf5.open(path)
          return h:read("/a/b")[2][3]:item(), h:read("/text"), h:read("/names")[2], h:read("/group/n"):item(),
            h:read("/group/inner/v"):item(), h:attributes("/a").unit, #h:keys("/"), h:read("/more"):dtype()
          """
        let found = try state.run(script, name: "test.lua", arguments: [path]).map(shown)
        #expect(found == ["5.0", "grüße", "y", "3", "0.5", "mm", "5", "uint8"])
      }
    }

    @Test func imagesKeepTheirPixels() throws {
      try withFolder { folder in
        let state = state()
        state.writePolicy.allow(folder.path)
        let script = """
          local path = ...
          local x = tel.arange(24):reshape(3, 2, 4):to("uint8")
          tel.image.write(path, x)
          local y = tel.image.read(path)
          local input, guide = tel.image.input(y), tel.image.guide(y)
          return y:eq(x):sum():item(), input:shape()[1], guide[1][1][1][1]:item() > guide[1][3][1][1]:item()
          """
        let path = folder.appendingPathComponent("a.png").path
        let found = try state.run(script, name: "test.lua", arguments: [path]).map(shown)
        #expect(found == ["24", "1", "true"])
      }
    }

    @Test func picturesAreColouredAndPutTogether() throws {
      let script = """
        local labels = tel.tensor({{0, -1}, {1, 0}}, "int32")
        local colours = tel.image.colour(labels, "cityscapes")
        local over = tel.image.overlay(tel.zeros(3, 2, 2):to("uint8"), labels, "cityscapes", {opacity = 1})
        local sheet = tel.image.sheet{{{colours, "a"}, over}, {colours}}
        return colours[1][1][1]:item(), colours[1][1][2]:item(), over[1][1][2]:item(), #sheet
        """
      #expect(try results(script, in: state()) == ["128", "255", "0", "3"])
      #expect(failure("tel.image.colour(tel.ones(2, 2), 'voc')", in: state()).contains("integer"))
      #expect(failure("tel.image.colour(tel.ones(2, 2):to('uint8'), 'coco')", in: state()).contains("ade20k"))
      #expect(failure("tel.image.sheet{}", in: state()).contains("at least one picture"))
    }

    @Test func imagesAreResizedBicubicAndClassIdsNearest() throws {
      let script = """
        local ids = tel.tensor({{0, 1, 2, 3}, {4, 5, 6, 7}}, "int32"):to("uint8")
        local half = tel.image.resize(ids, {2, 1})
        local image = tel.full({3, 5, 4}, 9):to("uint8")
        image[1] = 200
        local large = tel.image.resize(image, {7, 11})
        return half[1][1]:item(), half[1][2]:item(), table.concat(half:shape(), "x"), half:dtype(),
          table.concat(large:shape(), "x"), large[1]:min():item(), large[3]:max():item()
        """
      #expect(try results(script, in: state()) == ["0", "2", "1x2", "uint8", "3x11x7", "200", "9"])
      let image = "tel.image.resize(tel.zeros(3, 2, 2):to('uint8'), "
      for wrong in ["{0, 2})", "{2})", "{2, 2, 2})", "{2, 1e6})"] {
        #expect(failure(image + wrong, in: state()).contains("{width, height}"), "\(wrong)")
      }
      #expect(failure("tel.image.resize(tel.zeros(3, 2, 2), {2, 2})", in: state()).contains("uint8"))
    }

    @Test func writingElsewhereIsRefused() {
      #expect(failure("tel.hdf5.open('/usr/x.h5', 'w')", in: state()).contains("not allowed"))
      #expect(
        failure("tel.image.write('../x.png', tel.zeros(3, 2, 2):to('uint8'))", in: state()).contains("not allowed"))
      #expect(failure("tel.image.write('x.png', tel.zeros(3, 2, 2))", in: state()).contains("uint8"))
    }
  }
}
