/// Where the camera of a scene stands. Ground coordinates in metres: X to the right, Y up, Z ahead.
struct Viewpoint: Sendable {
  /// Picture coordinates of the vanishing point.
  let vanishing: Point
  /// Focal length in picture heights.
  let focal: Float
  /// Height of the camera above the ground.
  let height: Float
  /// Sideways bend of the street: X of its axis grows by `bend`·Z².
  let bend: Float

  func project(_ x: Float, _ y: Float, _ z: Float) -> Point {
    vanishing + Point(x + bend * z * z, height - y) * (focal / z)
  }

  /// Picture heights per metre at distance `z`.
  func scale(at z: Float) -> Float { focal / z }

  /// The point (X, Z) of the ground seen at `point`, which lies below the horizon.
  @inline(__always) func ground(at point: Point) -> (x: Float, z: Float) {
    let z = focal * height / max(1e-4, point.y - vanishing.y)
    return ((point.x - vanishing.x) * z / focal - bend * z * z, z)
  }

  /// The distance at which the ground is seen at height `y` of the picture.
  func distance(atRow y: Float) -> Float { focal * height / max(1e-4, y - vanishing.y) }
}

/// A flat upright surface: turns picture coordinates into metres along it and above its foot.
enum Surface: Sendable {
  /// Facing the camera: `foot` is the picture point of its lower left corner, `scale` heights per metre.
  case frontal(foot: Point, scale: Float)
  /// Along the street at the given X, seen in perspective (of a straight street).
  case receding(Viewpoint, x: Float)

  @inline(__always) func coordinates(of point: Point) -> Point {
    switch self {
    case .frontal(let foot, let scale):
      return Point(point.x - foot.x, foot.y - point.y) / scale
    case .receding(let view, let x):
      let z = view.focal * x / (point.x - view.vanishing.x)
      return Point(z, view.height - (point.y - view.vanishing.y) * z / view.focal)
    }
  }
}
