/// What convolutions are made of. Weights are packed in panels of 16 output channels, zeros where there are fewer.
///
/// Winograd's F(4×4, 3×3) (Lavin & Gray 2016) computes a tile of 4×4 outputs of a 3×3 convolution from 6×6 inputs with 36
/// products instead of 144: inputs d and weights g are transformed, multiplied element by element, summed over the
/// channels, and transformed back, `Aᵀ [(G g Gᵀ) ⊙ (Bᵀ d B)] A`. Summing over channels makes 36 matrix products.
/// Vectors run over tiles: pixels stay in planes, as everything else has them.
public protocol ConvolutionKernels {
  /// Transforms the tiles of one channel, each with the border of one pixel around it (zeros outside of the plane).
  ///
  /// Element f of tile q goes to `target + f·frequencyStride + (q / panelWidth)·panelStride + q % panelWidth`; there must be
  /// room for whole registers of tiles. `scratch` holds `Winograd.scratch(tiles)` floats.
  static func winogradInput(
    _ x: Floats, _ plane: Plane, _ map: ChannelMap, _ tiles: TileRange, into target: MutableFloats,
    frequencyStride: Int, panelWidth: Int, panelStride: Int, scratch: MutableFloats)

  /// Transforms the gradient of the tiles of one channel, `A g Aᵀ`, for the weights' gradient; element f of tile q goes to
  /// `target + f·frequencyStride + q`, zeros up to a whole register.
  static func winogradGradient(
    _ g: Floats, _ plane: Plane, _ tiles: TileRange, into target: MutableFloats, frequencyStride: Int,
    scratch: MutableFloats)

  /// Transforms products back to pixels of one channel and adds `bias`; element f of tile q is at
  /// `products + f·frequencyStride + q`.
  static func winogradOutput(
    _ products: Floats, frequencyStride: Int, _ tiles: TileRange, bias: Float, into y: MutableFloats, _ plane: Plane,
    scratch: MutableFloats)

  /// Transforms the weights of 16 output channels from `w`, where tap t of output o and input i is at
  /// `w + o·outputStride + i·inputStride + t`; backwards, the taps are taken in reverse order (the gradient's convolution).
  /// Element f of (o, i) goes to `target + f·frequencyStride + i·16 + o`. Outputs from `outputs` on are zeros.
  static func winogradWeights(
    _ w: Floats, outputs: Int, outputStride: Int, inputs: Range<Int>, inputStride: Int, backwards: Bool,
    into target: MutableFloats, frequencyStride: Int)

  /// Transforms sums of products back to the gradient of the 3×3 weights, `Gᵀ u G`: element f of input i is at
  /// `products + f·frequencyStride + i`, its 9 taps go to `target + 9·i`.
  static func winogradWeightGradient(
    _ products: Floats, frequencyStride: Int, inputs: Int, into target: MutableFloats)

  /// `c[r, j] (+)= Σ_k a[k, r] · b[k, j]` for 16 rows; see `Product` in the implementations. Columns in whole registers.
  static func multiply(
    _ a: Floats, row: Int, depth: Int, _ b: Floats, depth: Int, block: Int, into c: MutableFloats, row: Int,
    count: Int, columns: Int, accumulates: Bool)

  /// What `count` neighbouring grid positions from `first` on see of some channels, mapped: tap (i, j) of channel c fills
  /// `width` floats at `target + ((c·rowTaps + i)·columnTaps + j)·width`, zeros after `count`.
  /// - Parameter scale, shift: `[channels]`, or nil where nothing is done to the pixels.
  static func gatherPatches(
    _ source: Floats, channelStride: Int, channels: Int, scale: Floats?, shift: Floats?, rectifies: Bool,
    _ patch: Patch, first: Int, count: Int, into target: MutableFloats, width: Int)

  /// A panel of 16 rows of a matrix, `target[k·16 + r] = source[r·rowStride + k·columnStride]`, zeros from `rows` on.
  static func packPanel(
    _ source: Floats, rowStride: Int, rows: Int, columnStride: Int, columns: Int, into target: MutableFloats)

  /// `target[j, i] = source[i, j]` for blocks of 16×16.
  static func transpose16(_ source: Floats, stride: Int, into target: MutableFloats, stride: Int)
}

/// Sizes that callers of the Winograd kernels need.
public enum Winograd {
  /// Pixels of a tile along an axis, and elements of its transform.
  public static var tile: Int { 4 }
  public static var frequencies: Int { 36 }

  /// Floats of scratch memory for `tiles` tiles: rows of pixels, and transforms of columns.
  @inline(__always) public static func scratch(_ tiles: TileRange) -> Int {
    let input = 8 * rowPitch(tiles) + 6 * tileLines(tiles) * linePitch(tiles)
    let gradient = 4 * rowPitch(tiles) + 6 * (4 * tiles.paddedCount + 16)
    return max(input, gradient, 24 * 16 + 4 * (4 * tiles.paddedCount + 16)) + 16
  }

  /// Floats from one row of pixels in scratch memory to the next, and from one row of tiles' transforms of columns.
  @inline(__always) public static func rowPitch(_ tiles: TileRange) -> Int { (4 * tiles.columns + 47) & ~15 }
  @inline(__always) public static func linePitch(_ tiles: TileRange) -> Int { (4 * tiles.columns + 31) & ~15 }
  /// Rows of tiles in all images, with what fills up registers.
  @inline(__always) public static func tileLines(_ tiles: TileRange) -> Int {
    (tiles.paddedCount + tiles.columns - 1) / tiles.columns
  }
}
