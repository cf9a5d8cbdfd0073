import Autograd
import Tensors

extension LuaState {
  /// The functions of `tel.nn`: what layers compute, on tensors `[N, C, H, W]`.
  func registerLayerFunctions() {
    register(
      "tel.nn.conv2d",
      help:
        "(x, w, b?, {stride=1, padding=0, dilation=1}) -> convolution of [N, C, H, W] with w [O, C, kh, kw], plus b [O]"
    ) { call in
      // The bias may be left out: tel.nn.conv2d(x, w, {stride = 2}).
      let bias = call.ifIs(3, Variable.self)
      let options = try call.options(
        bias == nil && !call.isNil(3) ? 3 : 4, known: ["stride", "padding", "dilation"])
      let window = Convolution.Window(
        stride: try options.pair("stride") ?? [1, 1], padding: try options.pair("padding") ?? [0, 0],
        dilation: try options.pair("dilation") ?? [1, 1])
      return try call.argument(1, "x", as: Variable.self).convolved(
        try call.argument(2, "w"), bias: bias, window: window)
    }
    register(
      "tel.nn.resize",
      help: "(x [N, C, H, W], {h, w}, {mode=\"bilinear\"|\"nearest\", align_corners=false}) -> [N, C, h, w]"
    ) { call in
      let size: [Int] = try call.argument(2, "size")
      guard size.count == 2, size.allSatisfy({ $0 > 0 && $0 <= 1 << 16 }) else {
        throw call.wrong(2, "size", expected: "{height, width}, each from 1 to \(1 << 16)")
      }
      let options = try call.options(3, known: ["mode", "align_corners"])
      let corners = try options.value("align_corners") ?? false
      let mode: ResizeMode
      switch try options.value("mode") ?? "bilinear" {
      case "bilinear": mode = .bilinear(alignCorners: corners)
      case "nearest" where !corners: mode = .nearest
      case "nearest": throw options.wrong("align_corners", expected: "false with mode = \"nearest\"")
      default: throw options.wrong("mode", expected: "\"bilinear\" or \"nearest\"")
      }
      return try call.argument(1, "x", as: Variable.self).resized(height: size[0], width: size[1], mode)
    }
    register(
      "tel.nn.sum",
      help: "({tensors}, {relu=false}) -> the sum of tensors of one shape, after a ReLU if asked, in one pass"
    ) { call in
      let terms: [Variable] = try call.argument(1, "tensors")
      guard let first = terms.first else { throw call.wrong(1, "tensors", expected: "at least one tensor") }
      if let other = terms.first(where: { $0.shape != first.shape || $0.type != first.type }) {
        throw call.wrong(
          1, "tensors", expected: "tensors of one shape and type; here are \(first.shape) and \(other.shape)")
      }
      return try Variable.sum(terms, relu: try call.options(2, known: ["relu"]).value("relu") ?? false)
    }
    register(
      "tel.nn.max_pool",
      help: "(x [N, C, H, W], {kernel=, stride=kernel, padding=0}) -> [N, C, H', W']: the largest value in each window"
    ) {
      call in
      try call.argument(1, "x", as: Variable.self).maxPooled(try pooling(call))
    }
    register(
      "tel.nn.average_pool",
      help: "(x [N, C, H, W], {kernel=, stride=kernel, padding=0}) -> [N, C, H', W']: the mean of each window"
    ) {
      call in
      try call.argument(1, "x", as: Variable.self).averagePooled(try pooling(call))
    }
  }
}

private func pooling(_ call: LuaCall) throws -> Pooling {
  let options = try call.options(2, known: ["kernel", "stride", "padding"])
  guard let kernel = try options.pair("kernel") else {
    throw options.wrong("kernel", expected: "an integer or {height, width}")
  }
  return Pooling(kernel: kernel, stride: try options.pair("stride"), padding: try options.pair("padding") ?? [0, 0])
}

extension LuaOptions {
  /// An option that is one integer for both directions or a list of two: vertical, horizontal.
  func pair(_ key: String) throws -> [Int]? {
    if let both = table?.value(key, as: Int.self) { return [both, both] }
    guard let list: [Int] = try value(key) else { return nil }
    guard list.count == 2 else { throw wrong(key, expected: "an integer or two of them: vertical, horizontal") }
    return list
  }
}
