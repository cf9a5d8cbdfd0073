import Storage
import Testing

@Suite struct ByteTextTests {
  @Test(arguments: [
    (0, "0 bytes"), (999, "999 bytes"), (1000, "1.0 kB"), (9949, "9.9 kB"), (9950, "10 kB"), (999_499, "999 kB"),
    (999_500, "1.0 MB"), (264_000_000, "264 MB"), (4_530_000_000, "4.5 GB"), (30_000_000_000_000, "30000 GB"),
  ])
  func sizesAsPeopleWriteThem(_ bytes: Int, _ text: String) { #expect(ByteText.of(bytes) == text) }
}
