import Storage

/// The classes of a data set in the order of their train ids.
public struct ClassList: Sendable, Equatable {
  /// What the classes are called.
  public let names: [String]
  /// A colour per class, for pictures and label files.
  public let palette: [RGB]

  public init(names: [String], palette: [RGB]) {
    precondition(names.count == palette.count)
    (self.names, self.palette) = (names, palette)
  }

  /// Number of classes, the networks' K.
  public var count: Int { names.count }

  /// The 19 evaluated classes of Cityscapes with the colours of its benchmark.
  public static let cityscapes = ClassList(
    names: [
      "road", "sidewalk", "building", "wall", "fence", "pole", "traffic light", "traffic sign", "vegetation", "terrain",
      "sky", "person", "rider", "car", "truck", "bus", "train", "motorcycle", "bicycle",
    ],
    palette: [
      RGB(128, 64, 128), RGB(244, 35, 232), RGB(70, 70, 70), RGB(102, 102, 156), RGB(190, 153, 153),
      RGB(153, 153, 153), RGB(250, 170, 30), RGB(220, 220, 0), RGB(107, 142, 35), RGB(152, 251, 152),
      RGB(70, 130, 180), RGB(220, 20, 60), RGB(255, 0, 0), RGB(0, 0, 142), RGB(0, 0, 70), RGB(0, 60, 100),
      RGB(0, 80, 100), RGB(0, 0, 230), RGB(119, 11, 32),
    ])

  /// Background and the 20 objects of PASCAL VOC 2012, named as scribbles are tagged, in the colours of its masks.
  public static let voc2012 = ClassList(
    names: [
      "background", "plane", "bike", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow", "table", "dog",
      "horse", "motorbike", "person", "plant", "sheep", "sofa", "train", "monitor",
    ], palette: [RGB(0, 0, 0)] + numbered(20).palette)

  /// Classes without names of their own, in the colours of the PASCAL VOC colour map.
  public static func numbered(_ count: Int) -> ClassList {
    ClassList(
      names: (0..<count).map { "class \($0)" },
      palette: (0..<count).map { index in
        // Bits of the number, three at a time, become the high bits of red, green and blue.
        var (red, green, blue, rest) = (0, 0, 0, index + 1)
        for shift in stride(from: 7, through: 0, by: -1) {
          red |= (rest & 1) << shift
          green |= (rest >> 1 & 1) << shift
          blue |= (rest >> 2 & 1) << shift
          rest >>= 3
        }
        return RGB(UInt8(red), UInt8(green), UInt8(blue))
      })
  }
}
