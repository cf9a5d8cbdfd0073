import Tensors

/// The logits of overlapping windows, added up over an image.
struct WindowSum {
  /// `[1, K, H, W]`, and how many windows saw each pixel `[H, W]`.
  private let total: Tensor
  private let counts: Tensor

  init(classes: Int, height: Int, width: Int) {
    total = Tensor(zeros: [1, classes, height, width])
    counts = Tensor(zeros: [height, width])
  }

  /// Adds a window's logits `[1, K, h, w]` at (y, x).
  func add(_ logits: Tensor, y: Int, x: Int) throws {
    let part = logits.contiguous()
    let (classes, height, width) = (part.shape[1], part.shape[2], part.shape[3])
    let (rows, columns) = (total.shape[2], total.shape[3])
    try Tensor.withPointers(part, total, counts, of: Float.self) { part, total, counts in
      let (part, total, counts) = (SharedPointer(part), SharedPointer(total), SharedPointer(counts))
      // The piece after the last class counts the window.
      try Kernel.parallel(classes + 1) { k in
        for row in 0..<height {
          if k == classes {
            let to = counts.pointer + (y + row) * columns + x
            for i in 0..<width { to[i] += 1 }
          } else {
            let from = part.pointer + (k * height + row) * width
            let to = total.pointer + (k * rows + y + row) * columns + x
            for i in 0..<width { to[i] += from[i] }
          }
        }
      }
    }
  }

  /// The mean over the windows that saw each pixel, in the memory of the sum.
  func mean() throws -> Tensor {
    let pixels = counts.count
    try Tensor.withPointers(total, counts, of: Float.self) { total, counts in
      let (total, counts) = (SharedPointer(total), SharedPointer(counts))
      try Kernel.parallel(self.total.shape[1]) { k in
        let plane = total.pointer + k * pixels
        for i in 0..<pixels { plane[i] /= counts.pointer[i] }
      }
    }
    return total
  }
}
