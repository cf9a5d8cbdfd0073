import Autograd
import Pictures

extension LuaState {
  /// `tel.show`: pictures of what a script has, where they can be seen; `tel.image.draw`: the same as a tensor.
  func registerShow() {
    register(
      "tel.show",
      help: """
        (x, {…}): shows a picture. x: an image (uint8 [3, H, W], or floats in [0, 1]; labels=, palette=, opacity=0.5 lay class ids
        over it), class ids [H, W] (palette= a tel.data object, "cityscapes", "voc" or "ade20k"), floats [H, W] as a heat map, a tree
        (image= to draw it over, index=1 of a batch; pixel={x, y}, embedding=, sigma= draw its affinity to that pixel instead),
        a list of numbers or {name = list, …} as curves (title=, x=, y= name the axes), the run that hooks get, or the name of a
        run file. A terminal draws it, a notebook shows it, elsewhere it becomes a file whose name is printed;
        out="name.png" or "name.svg" writes it there. id="name": shown again, it takes the place of what this cell, or script,
        showed under that name
        """
    ) { call in
      let options = try ShowOptions(call, known: ShowOptions.names + ["out", "id"])
      let (picture, title) = try call.picture(options)
      var exhibit = Exhibit(picture, title: title, id: try options.table.value("id"))
      if let out: String = try options.table.value("out") {
        try picture.write(to: try call.state.writePolicy.resolve(out))
        exhibit.file = out
      }
      try call.state.display.show(exhibit, call.state)
      return nil
    }
    register("tel.image.draw", help: "(x, {…}) -> uint8 [3, H, W]: what tel.show shows of x, with the same options") {
      call in
      Variable(try call.picture(ShowOptions(call, known: ShowOptions.names)).0.image.rgb.planes())
    }
  }
}

/// What `tel.show` was told beside the thing to show.
struct ShowOptions {
  static let names = [
    "labels", "palette", "opacity", "image", "index", "pixel", "embedding", "sigma", "title", "x", "y",
  ]
  let table: LuaOptions

  init(_ call: LuaCall, known: [String]) throws { table = try call.options(2, known: known) }
}

extension LuaCall {
  /// Argument 1 as something to look at, and what to call it.
  func picture(_ options: ShowOptions) throws -> (Picture, title: String) {
    switch try argument(1, "x", as: LuaValue.self) {
    case .object(let x as Variable): return try picture(of: x.value, options)
    case .object(let tree as LuaTree): return try picture(of: tree, options)
    case .object(let run as LuaRun): return try picture(of: run)
    case .table(let table): return try curves(table, options)
    case .string(let path): return try curves(ofRunFile: path)
    default:
      throw wrong(
        1, "x", expected: "a tensor, a tree, a table of numbers, a run, or the name of a run file")
    }
  }
}
