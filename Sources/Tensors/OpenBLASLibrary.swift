import COpenBLAS

/// What is known of the linear algebra library in use.
public enum OpenBLASLibrary {
  /// Its version and how it was built: "OpenBLAS 0.3.21 DYNAMIC_ARCH … Haswell MAX_THREADS=64".
  public static var configuration: String { String(cString: openblas_get_config()).trimmingBlanks }
  /// The processor family whose kernels it chose.
  public static var core: String { String(cString: openblas_get_corename()) }
}

extension String {
  fileprivate var trimmingBlanks: String { split(separator: " ").joined(separator: " ") }
}
