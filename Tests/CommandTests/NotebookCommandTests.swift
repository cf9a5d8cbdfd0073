import Foundation
import Notebook
import Testing

@Suite(.serialized) struct NotebookCommandTests {
  @Test func aNotebookBecomesAPage() throws {
    try withFolder { folder in
      try folder.write(
        "n.lua",
        "--%% [markdown]\n-- # A <title>\n\n--%% Sum\nlocal x = 40 -- <b>\nprint(x .. '&')\nx + 2\n\n--%%\ntel.show(tel.zeros(3, 2, 2))\ntel.show({1, 2})\n"
      )
      let run = try Command.run(["notebook", "n.lua", "n.html"], in: folder)
      #expect(run.status == 0, "\(run.errors)")
      let page = try String(contentsOf: folder.appendingPathComponent("n.html"), encoding: .utf8)
      #expect(page.contains("<title>A &lt;title&gt;</title>"))
      #expect(page.contains("<h2>Sum</h2>"))
      #expect(page.contains("40&amp;\n") && page.contains(">42</pre>"))
      #expect(page.contains("<span class=\"c\">-- &lt;b&gt;</span>"))
      #expect(page.contains("src=\"data:image/png;base64,iVBOR") && page.contains("<svg xmlns"))
      #expect(!page.contains("<b>") && !page.contains("not run"))
      // A file that is there is not replaced by accident.
      #expect(try Command.run(["notebook", "n.lua", "n.html"], in: folder).status == 1)
      #expect(try Command.run(["notebook", "n.lua", "n.html", "--overwrite"], in: folder).status == 0)
    }
  }

  @Test func anErrorShowsOnThePageAndInTheStatus() throws {
    try withFolder { folder in
      try folder.write("n.lua", "--%%\nprint('before')\n\n--%%\nerror('boo')\n\n--%%\nprint('later')\n")
      let run = try Command.run(["notebook", "n.lua", "n.html"], in: folder)
      #expect(run.status == 1)
      #expect(run.errors.contains("cell 2 of 3 failed") && run.errors.contains("n.lua:5: boo"))
      let page = try String(contentsOf: folder.appendingPathComponent("n.html"), encoding: .utf8)
      #expect(page.contains(">before\n</pre>") && page.contains("<pre class=\"error\">n.lua:5: boo"))
      #expect(page.contains("not run"))
      let notebook = try Command.run(["notebook", "n.lua", "n.ipynb", "--run"], in: folder)
      #expect(notebook.status == 1)
      let json = try JSON([UInt8](Data(contentsOf: folder.appendingPathComponent("n.ipynb"))))
      let outputs = json["cells"]?.elements?.map { $0["outputs"]?.elements?.map { $0["output_type"]?.text } ?? [] }
      #expect(outputs == [["stream"], ["error"], []])
    }
  }

  @Test func notebooksGoThereAndBack() throws {
    try withFolder { folder in
      let text = "-- text\n\n--%% a\nx = 1\nprint(x)\n\n\n--%%   odd\ny = 2"
      try folder.write("a.lua", text)
      for arguments in [
        ["a.lua", "a.ipynb"], ["a.lua", "run.ipynb", "--run"], ["a.ipynb", "b.lua"], ["run.ipynb", "c.lua"],
      ] {
        #expect(try Command.run(["notebook"] + arguments, in: folder).status == 0)
      }
      for name in ["b.lua", "c.lua"] {
        #expect(try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8) == text)
      }
      let run = try JSON([UInt8](Data(contentsOf: folder.appendingPathComponent("run.ipynb"))))
      #expect(run["cells"]?.elements?[1]["outputs"]?.elements?[0]["text"] == ["1\n"])
      #expect(run["nbformat"] == 4 && run["nbformat_minor"] == 5)
      #expect(
        try Command.run(["notebook", "a.lua", "a.txt"], in: folder).errors.contains("notebooks have no such ending"))
    }
  }

  @Test func theTourRuns() throws {
    try withFolder { folder in
      let url = recipesFolder.appendingPathComponent("tour.lua")
      let text = try String(contentsOf: url, encoding: .utf8)
      let cells = NotebookDocument(cellsText: text).cells
      #expect(cells.count { $0.kind == .code } > 8 && cells.count { $0.kind == .markdown } > 4)
      #expect(cells.allSatisfy { $0.kind != .code || $0.title?.isEmpty == false })
      // The same with little to do: a page of it, with all its pictures.
      let small = text.replacing("iterations = 120", with: "iterations = 2").replacing("{192, 96}", with: "{96, 64}")
      try folder.write("tour.lua", small)
      #expect(small.contains("iterations = 2") && small.contains("{96, 64}"))
      let page = try Command.run(["notebook", "tour.lua", "tour.html"], in: folder)
      #expect(page.status == 0, "\(page.errors)")
      let html = try String(contentsOf: folder.appendingPathComponent("tour.html"), encoding: .utf8)
      #expect(html.components(separatedBy: "<figure").count - 1 >= 10)
      let script = try Command.run(["run", "tour.lua"], in: folder)
      #expect(script.status == 0, "\(script.errors)")
      #expect(script.output.contains("right before"))
    }
  }
}
