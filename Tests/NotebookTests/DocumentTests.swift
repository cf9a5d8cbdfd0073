import Foundation
import Notebook
import TestSupport
import Testing

@Suite struct DocumentTests {
  private func cells(_ text: String) -> [NotebookCell] { NotebookDocument(cellsText: text).cells }

  /// A Lua file after it was a Jupyter notebook.
  private func returned(_ text: String) throws -> String {
    let json = NotebookDocument(cellsText: text).jupyter
    return try NotebookDocument(jupyter: try JSON(Array(json.indented.utf8)), path: "x.ipynb").cellsText
  }

  @Test func marksBeginCells() {
    let cells = cells(
      """
      -- Introduction

      --%% [markdown]
      -- # Title
      --
      -- text

      --%% Setup
      local x = 1

      print(x)

      --%%
      print(2)
      --%% [raw]
      -- as it is

      """)
    #expect(cells.map(\.kind) == [.markdown, .markdown, .code, .code, .raw])
    #expect(
      cells.map(\.source) == [
        "Introduction", "# Title\n\ntext", "--%% Setup\nlocal x = 1\n\nprint(x)", "print(2)", "as it is",
      ])
    #expect(cells.map(\.title) == [nil, nil, "Setup", nil, nil])
  }

  @Test func marksInStringsAndCommentsAreNone() {
    let text = "local s = [[\n--%% no\n]]\n--[==[\n--%% no\n]==]\nlocal t = 'a\\\n--%% no'\n--%% yes\nprint(s)\n"
    #expect(
      cells(text).map(\.source) == [
        "local s = [[\n--%% no\n]]\n--[==[\n--%% no\n]==]\nlocal t = 'a\\\n--%% no'", "--%% yes\nprint(s)",
      ])
  }

  /// What Lua runs is a code cell, wherever it stands; what begins a long comment is no text.
  @Test func codeBelowTextIsCode() {
    let cells = cells("--%% [markdown]\n-- a\n\nprint(1)\n--%% [markdown]\n--[[ b\nc ]]\nprint(2)\n")
    #expect(cells.map(\.kind) == [.markdown, .code, .markdown, .code])
    #expect(cells.map(\.source) == ["a", "print(1)", "", "--[[ b\nc ]]\nprint(2)"])
  }

  @Test func aFileWithoutMarksIsOneCell() {
    #expect(cells("-- comment\nprint(1)\n").map(\.kind) == [.code])
    #expect(cells("").isEmpty)
    #expect(cells("\n\n").isEmpty)
  }

  @Test func luaFilesComeBackByteForByte() throws {
    for text in [
      "", "\n", "\n\n--%% a\nx = 1\n", "x = 1", "x = 1\n\n\n", "-- text\n", "#!/usr/bin/env tel\nx = 1\n--%%\ny = 2\n",
      "--%% [markdown]\n-- a\n\n\n--%% b\n\n\nx = 1\n--%%   c  \ny = 2", "--%%\n--%%\n--%%", "--%%c\n",
      "--%% [markdown] Title\n--text\n--  b\n",
      "--%% a {\"id\":\"x\",\"metadata\":{\"tags\":[\"t\"]}}\nx = 1\n", "--%% a {not json}\nx = {}\n",
      "--%% [markdown]\n-- a\nprint(1)\n\n--%% b\r\nx = 1\r\n", "--%% [raw]\n-- r\n\n",
      "--%% [notebook] {\"metadata\":{\"author\":\"me\"}}\n\n--%% a\nx = 1\n",
      "s = [[\n--%% a\n]]\n--%% b\nt = [[\n--%%\n",
      "--%% a {\"lines\":1}\n--%% b\n\n--%% c\n",
      "--%% {\"id\":\"q\"}\nx = 1\n\n--%% {\"id\":\"q\"}\n--%% {\"id\":\"tel-9\"}\n--%% {\"id\":\"a b\"}\n",
    ] { #expect(try returned(text) == text, "\(text.debugDescription)") }
  }

  /// Files made of pieces at random, some of which make no sense.
  @Test func anyLuaFileComesBack() throws {
    let pieces = [
      "--%%", "--%% title", "--%% [markdown]", "--%% [raw]", "-- text", "--", "", "", "x = 1", "  indented", "--[[",
      "]]", "'",
      "s = [[", "--%% a {\"id\":\"q\"}", "-- %% no", "\t", "--%% [markdown] heading", "é\r",
    ]
    for round in 0..<400 {
      let bits = Generator.bits("lines of file \(round)", count: 13)
      let lines = bits[0..<bits[12] % 13].map { pieces[$0 % pieces.count] }
      let text = lines.joined(separator: "\n")
      #expect(try returned(text) == text, "\(text.debugDescription)")
    }
  }

  @Test func notebooksComeBackWithAllButOutputs() throws {
    let json = try JSON(
      Array(
        """
        {"cells": [
          {"cell_type": "markdown", "id": "aa", "metadata": {"tags": ["x"]}, "attachments": {"a.png": {"image/png": "AA=="}},
           "source": ["# Title\\n", "\\n", "--%% [[ text"]},
          {"cell_type": "code", "id": "bb", "execution_count": 3,
           "metadata": {"execution": {"iopub.status.busy": "2026-11-27T12:00:00Z"}, "kept": 1}, "source": "x = [[\\n--%% a\\n", "outputs": []},
          {"cell_type": "code", "id": "cc", "execution_count": null, "metadata": {"tel": {"own": 1}}, "source": ["y\\n", "--%% z\\n", "\\n"],
           "outputs": []},
          {"cell_type": "code", "id": "dd", "execution_count": null, "metadata": {}, "source": [], "outputs": []},
          {"cell_type": "raw", "id": "ee", "metadata": {}, "source": "raw\\n"}
         ],
         "metadata": {"kernelspec": {"name": "other", "display_name": "Other"}, "authors": [{"name": "me"}]},
         "nbformat": 4, "nbformat_minor": 5}
        """.utf8))
    let document = try NotebookDocument(jupyter: json, path: "x.ipynb")
    let again = NotebookDocument(cellsText: document.cellsText)
    #expect(document.cells[1].metadata == ["kept": 1])
    #expect(again.metadata == document.metadata)
    #expect(again.cells.map(\.kind) == document.cells.map(\.kind))
    #expect(again.cells.map(\.source) == document.cells.map(\.source))
    #expect(again.cells.map(\.id) == ["aa", "bb", "cc", "dd", "ee"])
    #expect(again.cells.map(\.metadata) == document.cells.map(\.metadata))
    #expect(again.cells.map(\.attachments) == document.cells.map(\.attachments))
    // And once more the same text.
    #expect(again.cellsText == document.cellsText)
  }

  @Test func cellsEditedInJupyterAreWrittenAnew() throws {
    var json = NotebookDocument(cellsText: "--%%   odd\nx = 1\n\n\n--%% b\ny = 2\n").jupyter
    var cells = try #require(json["cells"]?.elements)
    #expect(cells[0]["metadata"]?["tel"]?["text"] == "--%%   odd\nx = 1\n\n\n")
    cells[0]["source"] = "--%% odd\nx = 2"
    json["cells"] = .array(cells)
    #expect(
      try NotebookDocument(jupyter: json, path: "x.ipynb").cellsText == "--%% odd\nx = 2\n\n--%% b\ny = 2\n")
  }

  @Test func otherFilesAreRefused() throws {
    func read(_ text: String) throws { _ = try NotebookDocument(jupyter: try JSON(Array(text.utf8)), path: "x.ipynb") }
    #expect(throws: DocumentError.version(path: "x.ipynb", version: "3")) {
      try read("{\"nbformat\": 3, \"cells\": []}")
    }
    #expect(throws: DocumentError.malformed(path: "x.ipynb", what: "it has no nbformat")) { try read("[]") }
    #expect(throws: DocumentError.malformed(path: "x.ipynb", what: "cell 1 is of no known type")) {
      try read("{\"nbformat\": 4, \"cells\": [{\"cell_type\": \"heading\", \"source\": \"\"}]}")
    }
    #expect(throws: DocumentError.ending(path: "a.txt")) { try DocumentFormat(path: "a.txt") }
  }
}
