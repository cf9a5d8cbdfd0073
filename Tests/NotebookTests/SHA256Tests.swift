import Notebook
import Testing

private func hex(_ bytes: [UInt8]) -> String {
  bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}

private func hash(_ bytes: [UInt8]) -> String {
  var hash = SHA256()
  hash.update(bytes)
  return hex(hash.finish())
}

private func code(key: [UInt8], _ data: [UInt8]) -> String {
  var code = HMAC(key: key)
  code.update(data)
  return hex(code.finish())
}

@Suite struct SHA256Tests {
  /// FIPS 180-4's examples.
  @Test func publishedVectors() {
    #expect(hash([]) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    #expect(hash(Array("abc".utf8)) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(
      hash(Array("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq".utf8))
        == "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")
    #expect(
      hash([UInt8](repeating: UInt8(ascii: "a"), count: 1_000_000))
        == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
  }

  /// Where blocks end and where the padding needs one more, whole and in pieces.
  @Test func piecesMakeNoDifference() {
    for count in 0...260 {
      let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 7) }
      for cut in [1, 3, 63, 64, 65] {
        var inPieces = SHA256()
        for start in stride(from: 0, to: count, by: cut) { inPieces.update(bytes[start..<min(start + cut, count)]) }
        #expect(hex(inPieces.finish()) == hash(bytes), "\(count) bytes in pieces of \(cut)")
      }
    }
  }

  /// RFC 4231, test cases 1 to 7 (5, which is cut to 128 bits, by its beginning).
  @Test func codesOfRFC4231() {
    let b = { (byte: UInt8, count: Int) in [UInt8](repeating: byte, count: count) }
    #expect(
      code(key: b(0x0b, 20), Array("Hi There".utf8))
        == "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7")
    #expect(
      code(key: Array("Jefe".utf8), Array("what do ya want for nothing?".utf8))
        == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
    #expect(
      code(key: b(0xaa, 20), b(0xdd, 50)) == "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe")
    #expect(
      code(key: Array(1...25), b(0xcd, 50)) == "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b")
    #expect(
      code(key: b(0x0c, 20), Array("Test With Truncation".utf8)).hasPrefix("a3b6167473100ee06e0c796c2955552b"))
    #expect(
      code(key: b(0xaa, 131), Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8))
        == "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54")
    let long =
      "This is a test using a larger than block-size key and a larger than block-size data. "
      + "The key needs to be hashed before being used by the HMAC algorithm."
    #expect(
      code(key: b(0xaa, 131), Array(long.utf8)) == "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2")
  }

  @Test func equalityLooksAtEveryByte() {
    #expect(HMAC.areEqual([1, 2, 3], [1, 2, 3]))
    for i in 0..<3 {
      var other: [UInt8] = [1, 2, 3]
      other[i] ^= 0x80
      #expect(!HMAC.areEqual([1, 2, 3], other))
    }
    #expect(!HMAC.areEqual([1, 2], [1, 2, 3]))
  }
}
