import Tensors

/// Brings an image [N, C, H, W] to the size of the logits: bilinear, half-pixel centres (align_corners = false), coordinates
/// below 0 clamped, no smoothing before. At a factor of 4 each pixel is the mean of the 2×2 centre of its cell.
func shrunkGuide(_ image: Tensor, height: Int, width: Int) throws -> Tensor {
  let image = image.contiguous()
  let result = Tensor(uninitialized: [image.shape[0], image.shape[1], height, width], image.type)
  if image.type == .float32 {
    try resizeBilinear(image, result, of: Float.self)
  } else {
    try resizeBilinear(image, result, of: Double.self)
  }
  return result
}

private func resizeBilinear<T: FilterElement>(_ image: Tensor, _ result: Tensor, of _: T.Type) throws {
  let (rows, columns) = (image.shape[2], image.shape[3])
  let (height, width) = (result.shape[2], result.shape[3])
  let horizontal = (0..<width).map { tap($0, of: width, from: columns) }
  let vertical = (0..<height).map { tap($0, of: height, from: rows) }
  try Kernel.parallel(image.shape[0] * image.shape[1]) { plane in
    Tensor.withPointers(image, result, of: T.self) { source, target in
      let (source, target) = (source + plane * rows * columns, target + plane * height * width)
      for y in 0..<height {
        let (upper, lower) = (source + vertical[y].first * columns, source + vertical[y].second * columns)
        let down = T(vertical[y].share)
        for x in 0..<width {
          let (tap, across) = (horizontal[x], T(horizontal[x].share))
          let top = (1 - across) * upper[tap.first] + across * upper[tap.second]
          let bottom = (1 - across) * lower[tap.first] + across * lower[tap.second]
          target[y * width + x] = (1 - down) * top + down * bottom
        }
      }
    }
  }
}

/// The two source pixels of output pixel `i`, and the second one's share.
private func tap(_ i: Int, of size: Int, from sourceSize: Int) -> (first: Int, second: Int, share: Double) {
  let position = max(0, (Double(i) + 0.5) * Double(sourceSize) / Double(size) - 0.5)
  let first = min(Int(position), sourceSize - 1)
  return (first, min(first + 1, sourceSize - 1), position - Double(first))
}

/// Brings a mask [N, H, W] (uint8) to another size: nearest, source index `floor(i * H / height)`.
func shrunkMask(_ mask: Tensor, height: Int, width: Int) -> Tensor {
  let mask = mask.contiguous()
  let (count, rows, columns) = (mask.shape[0], mask.shape[1], mask.shape[2])
  let result = Tensor(uninitialized: [count, height, width], .uint8)
  Kernel.run {
    Tensor.withPointers(mask, result, of: UInt8.self) { source, target in
      for plane in 0..<count {
        for y in 0..<height {
          let row = source + (plane * rows + y * rows / height) * columns
          for x in 0..<width { target[(plane * height + y) * width + x] = row[x * columns / width] }
        }
      }
    }
  }
  return result
}
