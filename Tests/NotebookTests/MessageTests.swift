import Notebook
import Testing

@Suite struct MessageTests {
  private let key = Array("a secret".utf8)
  private let headers = MessageHeaders(session: "s", user: "me")

  private func message(_ type: String = "execute_request") -> JupyterMessage {
    var message = JupyterMessage(
      header: headers.header(type), parent: ["msg_id": "p"], content: ["code": "print 'é'"],
      identities: [[0, 1, 2], Array("<IDS>".utf8)])
    message.buffers = [[9], []]
    return message
  }

  @Test func partsTravelThereAndBack() throws {
    for key in [key, []] {
      var codec = MessageCodec(key: key)
      let message = message()
      let parts = codec.encoded(message)
      #expect(parts[2] == Array("<IDS|MSG>".utf8))
      #expect(parts[3].count == (key.isEmpty ? 0 : 64))
      let back = try codec.decoded(parts)
      #expect(back.identities == message.identities)
      #expect(back.header == message.header)
      #expect(back.parent == message.parent)
      #expect(back.content == message.content)
      #expect(back.buffers == message.buffers)
    }
  }

  @Test func theSignatureCoversHeaderParentMetadataAndContent() {
    let codec = MessageCodec(key: key)
    let parts = codec.encoded(message())
    for part in 4...7 {
      var changed = parts
      changed[part][0] ^= 1
      var fresh = codec
      #expect(throws: MessageError.wrongSignature) { try fresh.decoded(changed) }
    }
    var unsigned = parts
    unsigned[3] = []
    var fresh = codec
    #expect(throws: MessageError.wrongSignature) { try fresh.decoded(unsigned) }
    // As other implementations compute it.
    let signature = codec.signature(of: ["{}", "{}", "{}", "{}"].map { Array($0.utf8) })
    #expect(
      String(decoding: signature, as: UTF8.self) == "38bd2f8467b468f26904fa9b9770eb77f3e1aee78937e005d57de76cfbb979b4")
  }

  @Test func copiesAreRefused() throws {
    var codec = MessageCodec(key: key)
    let parts = codec.encoded(message())
    _ = try codec.decoded(parts)
    #expect(throws: MessageError.repeated) { try codec.decoded(parts) }
    _ = try codec.decoded(codec.encoded(message()))
  }

  @Test func whatIsNoMessageIsRefused() {
    func refused(_ parts: [[UInt8]], key: [UInt8] = []) -> Bool {
      var codec = MessageCodec(key: key)
      do {
        _ = try codec.decoded(parts)
        return false
      } catch { return true }
    }
    let delimiter = Array("<IDS|MSG>".utf8)
    let object = Array("{}".utf8)
    #expect(refused([]))
    #expect(refused([[1]]))
    #expect(refused([delimiter]))
    #expect(refused([delimiter, [], object, object, object]))
    #expect(refused([delimiter, [], object, object, object, object]), "a header without type")
    #expect(refused([delimiter, [], Array("[]".utf8), object, object, object]))
    #expect(refused([delimiter, [], [0xFF], object, object, object]))
    #expect(refused([delimiter, [], Array("{\"msg_type\":1,\"msg_id\":\"a\"}".utf8), object, object, object]))
  }

  @Test func datesAreWrittenInUTC() {
    #expect(MessageDate.text(1_795_867_200.25) == "2026-11-28T12:00:00.250000Z")
    #expect(MessageDate.text(951_782_399) == "2000-02-28T23:59:59.000000Z")
  }

  @Test func connectionFilesAreChecked() throws {
    var json: JSON = [
      "transport": "tcp", "ip": "127.0.0.1", "key": "k", "signature_scheme": "hmac-sha256", "shell_port": 1,
      "iopub_port": 2, "stdin_port": 3, "control_port": 4, "hb_port": 5,
    ]
    let file = try ConnectionFile(json, path: "c.json")
    #expect(file.address(of: .control) == "tcp://127.0.0.1:4")
    #expect(file.key == Array("k".utf8))
    json["transport"] = "ipc"
    json["ip"] = "/tmp/x"
    #expect(try ConnectionFile(json, path: "c.json").address(of: .heartbeat) == "ipc:///tmp/x-5")
    for (name, value) in [
      ("transport", "udp"), ("signature_scheme", "hmac-md5"), ("hb_port", 0), ("ip", ""), ("shell_port", "1"),
    ] as [(String, JSON)] {
      var wrong = json
      wrong[name] = value
      #expect(throws: ConnectionFileError.self, "\(name)") { try ConnectionFile(wrong, path: "c.json") }
    }
  }
}
