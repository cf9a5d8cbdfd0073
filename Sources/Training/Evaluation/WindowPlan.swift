/// Where the windows of a sliding-window evaluation lie along one side of an image.
public enum WindowPlan {
  /// Starts 0, s, 2s, … of windows inside `length`, and one at its end if these leave a rest uncovered.
  /// A window larger than the side becomes one window over all of it.
  public static func starts(length: Int, window: Int, stride: Int) -> [Int] {
    guard window < length else { return [0] }
    let step = max(1, min(stride, window))
    var starts = (0...(length - window) / step).map { $0 * step }
    if starts.last! + window < length { starts.append(length - window) }
    return starts
  }
}
