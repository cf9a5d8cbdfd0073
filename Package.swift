// swift-tools-version: 6.1
import PackageDescription

// Vector kernels are built once per instruction set from the same sources; which is run is decided when tel starts.
#if arch(x86_64)
  let narrow: [SwiftSetting] = [.unsafeFlags(["-Xcc", "-march=x86-64-v3"])]
  let wide: [SwiftSetting] = [
    .unsafeFlags(["-Xcc", "-march=x86-64-v4", "-Xcc", "-mprefer-vector-width=512"])
  ]
#else
  let (narrow, wide): ([SwiftSetting], [SwiftSetting]) = ([], [])
#endif

/// Rooms of the house, lowest first; a target may depend only on targets above it in this file.
let package = Package(
  name: "tel",
  products: [
    .executable(name: "tel", targets: ["tel"])
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
    .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
  ],
  targets: [
    .systemLibrary(name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
    .systemLibrary(name: "CHDF5", pkgConfig: "hdf5", providers: [.apt(["libhdf5-dev"])]),
    .systemLibrary(name: "CLua", pkgConfig: "lua5.4", providers: [.apt(["liblua5.4-dev"])]),
    .systemLibrary(
      name: "CTurboJPEG", pkgConfig: "libturbojpeg", providers: [.apt(["libturbojpeg0-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CMatIO", pkgConfig: "matio", providers: [.apt(["libmatio-dev"])]),
    // Without pkg-config, whose file for ZeroMQ names libraries that need not be there.
    .systemLibrary(name: "CZeroMQ", providers: [.apt(["libzmq3-dev"])]),
    .systemLibrary(name: "CWriteback"),
    .target(name: "CPNG", linkerSettings: [.linkedLibrary("png16")]),
    .target(name: "CLuaHost", dependencies: ["CLua"]),
    .target(name: "CHDF5Check", dependencies: ["CHDF5"]),

    .target(name: "CProcessor"),
    .target(name: "CTerminal"),

    .target(name: "Kernels"),
    .target(name: "KernelsNarrow", dependencies: ["Kernels", "CProcessor"], swiftSettings: narrow),
    .target(name: "KernelsWide", dependencies: ["Kernels", "CProcessor"], swiftSettings: wide),
    .target(
      name: "Tensors", dependencies: ["COpenBLAS", "CProcessor", "Kernels", "KernelsNarrow", "KernelsWide"]),
    .target(name: "Autograd", dependencies: ["Tensors"]),
    .target(name: "TreeFilter", dependencies: ["Autograd", "Kernels"]),
    .target(name: "Networks", dependencies: ["Autograd", "TreeFilter"]),
    .target(
      name: "Storage",
      dependencies: ["Tensors", "CHDF5", "CHDF5Check", "CPNG", "CTurboJPEG", "CZlib", "CMatIO", "CWriteback"]),
    .target(name: "Datasets", dependencies: ["Storage", "Tensors"]),
    .target(name: "Pictures", dependencies: ["Datasets", "Storage"]),
    .target(
      name: "Training", dependencies: ["Pictures", "Datasets", "Storage", "Networks", "TreeFilter"]),
    .target(name: "Scripting", dependencies: ["Training", "Datasets", "Autograd", "CLuaHost", "CLua"]),
    .target(name: "Notebook", dependencies: ["Scripting", "CTerminal", "CZeroMQ"]),
    .executableTarget(
      name: "tel",
      dependencies: [
        "Notebook", "Scripting",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
      ]),

    .target(name: "TestSupport", dependencies: ["Storage"], path: "Tests/TestSupport"),
    .testTarget(name: "TensorsTests", dependencies: ["Tensors", "TestSupport"]),
    .testTarget(name: "AutogradTests", dependencies: ["Autograd", "TestSupport"]),
    .testTarget(
      name: "TreeFilterTests",
      dependencies: ["TreeFilter", "TestSupport", "CProcessor", "Kernels", "KernelsNarrow", "KernelsWide"]),
    .testTarget(name: "NetworksTests", dependencies: ["Networks", "TestSupport"]),
    .testTarget(name: "StorageTests", dependencies: ["Storage", "TestSupport"]),
    .testTarget(name: "DatasetsTests", dependencies: ["Datasets", "TestSupport"]),
    .testTarget(name: "PicturesTests", dependencies: ["Pictures", "TestSupport"]),
    .testTarget(name: "TrainingTests", dependencies: ["Training", "TestSupport"]),
    .testTarget(name: "ScriptingTests", dependencies: ["Scripting", "TestSupport"]),
    .testTarget(name: "NotebookTests", dependencies: ["Notebook", "TestSupport", "tel"]),
    .testTarget(name: "CommandTests", dependencies: ["Notebook", "Storage", "TestSupport", "tel"]),
  ],
  swiftLanguageModes: [.v6],
  cLanguageStandard: .c11
)
