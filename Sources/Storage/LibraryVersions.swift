import CHDF5
import CPNG

/// Versions of the C libraries that this room stands on.
public enum LibraryVersions {
  /// HDF5: "1.10.8".
  public static var hdf5: String {
    var (major, minor, release): (UInt32, UInt32, UInt32) = (0, 0, 0)
    H5get_libversion(&major, &minor, &release)
    return "\(major).\(minor).\(release)"
  }

  /// libpng: "1.6.39".
  public static var png: String { String(cString: tel_png_version()) }
}
