/// Minimum spanning trees of grids and the tree filter. Values per edge lie in the slots of `TreeGrid`; features lie in *rows*: one
/// per pixel, `8 · octets` floats, of which channel 0 is the constant 1 and those after the last channel are 0.
public protocol TreeKernels {
  /// Squared distances of `channels` planes [H·W] along the edges above and left of the pixels of `rows`, per slot. Summed in the
  /// order of the channels, each product rounded. 0 where there is no edge, but for the slots beyond the last row and pixel.
  static func squaredDistances(
    _ planes: Floats, channels: Int, _ grid: TreeGrid, rows: Range<Int>, into slots: MutableFloats)

  /// The gradient of `channels` planes [H·W] from `slots`, where each edge has twice the gradient of its squared distance.
  static func distanceGradient(
    _ slots: Floats, _ planes: Floats, channels: Int, _ grid: TreeGrid, into gradient: MutableFloats)

  /// The minimum spanning tree under the order (fl(d + 1), edge index), NaN last; `flags` [V] become each vertex's neighbours,
  /// up 1, down 2, left 4, right 8. `scratch` has `grid.spanningTreeBytes`.
  static func spanningTree(
    _ distances: Floats, _ grid: TreeGrid, into flags: UnsafeMutablePointer<UInt8>, scratch: UnsafeMutableRawPointer)

  /// Numbers a tree's vertices breadth first from vertex 0, children in the order up, down, left, right.
  ///
  /// `order`, `parent` and `firstChild` have room for V + 4; `slot` [V] becomes where the edge to the parent is among the slots,
  /// 0 for the root, and `distances` [V] what `slots` hold there; `scratch` has V + 4 bytes. Returns how many vertices were
  /// reached, the largest distance between a position and its parent's, and the sum of the tree's weights fl(d + 1).
  static func breadthFirst(
    _ flags: UnsafePointer<UInt8>, _ slots: Floats, _ grid: TreeGrid, order: UnsafeMutablePointer<Int32>,
    parent: UnsafeMutablePointer<Int32>, firstChild: UnsafeMutablePointer<Int32>, slot: UnsafeMutablePointer<Int32>,
    distances: MutableFloats, scratch: UnsafeMutablePointer<UInt8>
  ) -> (reached: Int, largestGap: Int, weight: Double)

  /// exp(scale · d) for d ≥ 0 and scale < 0, and 0 for the root and for `TreeWalk.extraRows` after the last.
  static func edgeWeights(_ distances: Floats, scale: Float, count: Int, into weights: MutableFloats)

  /// Leaves to root, `up[p] = x[p] + Σ w_c up[c]` over the children c; `up` in breadth-first order, with `TreeWalk.extraRows`.
  static func aggregate(_ x: TreeSource, _ walk: TreeWalk, _ weights: Floats, octets: Int, into up: MutableFloats)

  /// Root to leaves, `tot[p] = (1 - w²) up[p] + w tot[parent]`, in pixel order: divided by its channel 0 if `norms` is given, which
  /// become the reciprocals of that. `ring` has `walk.ringRows` rows.
  static func spread(
    _ up: Floats, _ walk: TreeWalk, _ weights: Floats, octets: Int, into sums: MutableFloats, norms: MutableFloats?,
    ring: MutableFloats)

  /// As `spread` of `upA`, undivided, and the gradient of the weights: twice that of each tree edge's squared distance, for
  /// w = exp(-d), goes to its slot; the others stay. `ring` has twice `walk.ringRows` rows.
  static func spreadGradient(
    _ upA: Floats, _ up: Floats, _ walk: TreeWalk, _ weights: Floats, octets: Int, into sums: MutableFloats,
    slots: MutableFloats, ring: MutableFloats)
}

/// What happens to rows besides walks. They are written in whole blocks of eight; `tile` has `TreeRows.tileFloats`.
public protocol TreeRowKernels {
  /// Rows from planes [C, V], with `constant` in channel 0; the softmax over the channels of each pixel if asked for.
  static func packRows(
    _ planes: Floats, _ shape: TreeRows, constant: Float, softmax: Bool,
    into rows: MutableFloats, tile: MutableFloats)

  /// Planes [C, V] from rows.
  static func unpackRows(
    _ rows: Floats, _ shape: TreeRows, into planes: MutableFloats, tile: MutableFloats)

  /// The sum of |p - a| over the vertices where `mask` is not 0.
  static func rowDistance(
    _ p: Floats, _ a: Floats, where mask: UnsafePointer<UInt8>, _ shape: TreeRows
  ) -> Double

  /// Planes of the gradient of the logits, p (g - Σ_c p g), from that of p = softmax(logits), g = flow + factor · sign(p - a)
  /// where `mask` is not 0, and flow elsewhere.
  static func softmaxGradient(
    _ flow: Floats, _ p: Floats, _ a: Floats, where mask: UnsafePointer<UInt8>, factor: Float, _ shape: TreeRows,
    into planes: MutableFloats, tile: MutableFloats)
}

/// How many rows there are, and how many channels besides the constant in each.
public struct TreeRows: Sendable {
  public var channels: Int
  public var vertices: Int

  public init(channels: Int, vertices: Int) { (self.channels, self.vertices) = (channels, vertices) }

  /// Pixels that pass between rows and planes at a time.
  public static var tileWidth: Int { 64 }

  /// Vectors of eight in a row.
  @inline(__always) public var octets: Int { (channels &+ 8) / 8 }
  public var tileFloats: Int { 2 * 8 * octets * TreeRows.tileWidth }
}

/// The pixels of an image and the edges between neighbours. The edge above vertex v has slot v, the one left of it slot
/// `horizontalBase + v`; slots that belong to no edge frame the grid.
public struct TreeGrid: Sendable {
  public var height: Int
  public var width: Int

  /// `spanningTree` works strip by strip, about so many vertices in each.
  public var stripVertices: Int

  /// - Parameter stripVertices: nil for what is fastest.
  public init(height: Int, width: Int, stripVertices: Int? = nil) {
    (self.height, self.width) = (height, width)
    self.stripVertices = stripVertices ?? max(65_536, 16 &* width)
  }

  @inline(__always) public var vertices: Int { height &* width }
  @inline(__always) public var horizontalBase: Int { vertices &+ width }
  @inline(__always) public var slots: Int { horizontalBase &+ vertices &+ 1 }
  @inline(__always) public var edges: Int { verticalEdges &+ height &* (width &- 1) }
  @inline(__always) public var verticalEdges: Int { (height &- 1) &* width }

  /// How many rounds `spanningTree` does strip by strip.
  public static var stripRounds: Int { 3 }

  /// How many strips there are, of equal heights as far as possible.
  public var strips: Int {
    let rows = max(1, stripVertices / width)
    return (height &+ rows &- 1) / rows
  }
  public var largestStrip: TreeGrid { TreeGrid(height: (height &+ strips &- 1) / strips, width: width) }

  /// Bytes that `count` elements of a kernel's scratch memory take, with what registers touch beyond the last.
  ///
  /// The next array begins some cache lines beyond a multiple of 4096, so that loops which write to several at a time never
  /// write to the same place of two pages: by the chance of one size, 1000×1000, that made a tree take 2.5 times as long (Zen 4).
  public static func roomBytes(_ count: Int, _ stride: Int) -> Int {
    ((count * stride + 64 * 4 + 4095) & ~4095) + 5 * 64
  }

  /// Bytes of scratch memory that `spanningTree` takes.
  public var spanningTreeBytes: Int {
    func bytes(_ count: Int, _ stride: Int) -> Int { TreeGrid.roomBytes(count, stride) }
    func rounds(_ vertices: Int, _ edges: Int) -> Int {
      2 * bytes(vertices + 1 + width, 4) + bytes(vertices + 1, 8) + 2 * bytes(edges, 8)
    }
    let strip = largestStrip
    return bytes(strip.slots, 4) + bytes(2 * width, 4) + bytes(width, 4) + bytes(vertices + 2 * width, 1)
      + rounds(strip.vertices, strip.edges + 2 * width) + rounds(vertices, edges + 1)
  }
}

/// A tree in breadth-first order, as the filter walks it; see `breadthFirst`.
public struct TreeWalk {
  public var grid: TreeGrid
  public var order: UnsafePointer<Int32>
  public var parent: UnsafePointer<Int32>
  public var firstChild: UnsafePointer<Int32>
  /// The slot of the edge between each position and its parent.
  public var slot: UnsafePointer<Int32>
  /// Rows that a ring needs so that a position and its parent's never share one; a power of two.
  public var ringRows: Int

  public init(
    grid: TreeGrid, order: UnsafePointer<Int32>, parent: UnsafePointer<Int32>, firstChild: UnsafePointer<Int32>,
    slot: UnsafePointer<Int32>, ringRows: Int
  ) {
    (self.grid, self.order, self.parent, self.firstChild) = (grid, order, parent, firstChild)
    (self.slot, self.ringRows) = (slot, ringRows)
  }

  /// Rows after the last that `aggregate` reads and weighs with 0: two children are read whether they exist or not.
  public static var extraRows: Int { 2 }
}

/// What is summed along a tree, in pixel order.
public struct TreeSource {
  public var rows: Floats
  /// Reciprocal norms [V] that rows are multiplied with, where they begin a filter's way back; or nil.
  public var norms: Floats?
  /// The filter's result, if channel 0 shall become what the constant receives through the normalisation, -Σ_c g · y; or nil.
  public var result: Floats?
  /// If given, the gradient is not `rows` but factor · sign(rows - result), and 0 where the mask is 0.
  public var mask: UnsafePointer<UInt8>?
  public var factor: Float

  public init(
    rows: Floats, norms: Floats? = nil, result: Floats? = nil, mask: UnsafePointer<UInt8>? = nil, factor: Float = 1
  ) {
    (self.rows, self.norms, self.result, self.mask, self.factor) = (rows, norms, result, mask, factor)
  }
}
